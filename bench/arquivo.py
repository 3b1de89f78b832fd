"""O que a cifra e o resumo custam ao guardar uma mensagem: ``python -m bench.arquivo``."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.casos import CASOS, molde_de_lote
from persistence import mensagens, selos
from persistence.banco import Banco
from persistence.cifra import Cifra, criar, nova
from persistence.esquema import atualizar
from persistence.mensagens import MensagemNova
from persistence.resumo import resumo

if TYPE_CHECKING:
    from collections.abc import Callable

_RODADAS = 20
_POR_RODADA = 50
_MICRO = 1_000_000


def main() -> None:
    """Mede e imprime uma linha por caso; microssegundos de processador por mensagem."""
    print("| case | bytes | in clear, us | encrypted, us | of which digest, us |")
    print("| :-- | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta:
        arquivo = Path(pasta) / "chaves" / "arquivo.chaves"
        criar(arquivo, nova(datetime.now(UTC)))
        as_claras = Banco.abrir(f"sqlite:///{pasta}/claras.db")
        cifrado = Banco.abrir(f"sqlite:///{pasta}/cifrado.db", cifra=Cifra(arquivo))
        for banco in (as_claras, cifrado):
            atualizar(banco)
        for nome in ("consulta", "lote-100"):
            dados = molde_de_lote(CASOS[nome]).com(1)
            modelo = _mensagem(dados)
            campos = {campo: getattr(modelo, campo) for campo in selos.COLUNAS_DO_RESUMO[:-2]}
            tempos = _por_vez(
                partial(_arquivar, as_claras, modelo),
                partial(_arquivar, cifrado, modelo),
                partial(_resumir, campos),
            )
            claras, cifradas, so_resumo = (f"{t:.0f}" for t in tempos)
            print(f"| {nome} | {len(dados)} | {claras} | {cifradas} | {so_resumo} |")
        for banco in (as_claras, cifrado):
            banco.fechar()


def _mensagem(dados: bytes) -> MensagemNova:
    return MensagemNova(
        id="",
        recebida_em=datetime.now(UTC),
        canal="soap",
        tamanho=len(dados),
        sha256=hashlib.sha256(dados).hexdigest(),
        desfecho="respondida",
        http=200,
        pedido=dados,
        resposta=dados[:2000],
    )


def _arquivar(banco: Banco, modelo: MensagemNova) -> None:
    with banco.escrita() as conn:
        for _ in range(_POR_RODADA):
            mensagens.arquivar(conn, replace(modelo, id=uuid.uuid4().hex))


def _resumir(campos: dict[str, Any]) -> None:
    for _ in range(_POR_RODADA):
        resumo(campos)


def _por_vez(*trabalhos: Callable[[], object]) -> list[float]:
    """Mediana do processador de cada um por mensagem; alternam-se, para sofrerem o mesmo."""
    medidas: list[list[float]] = [[] for _ in trabalhos]
    for _ in range(_RODADAS):
        for trabalho, dele in zip(trabalhos, medidas, strict=True):
            comeco = time.process_time()
            trabalho()
            dele.append((time.process_time() - comeco) / _POR_RODADA * _MICRO)
    return [statistics.median(dele) for dele in medidas]


if __name__ == "__main__":
    main()
