"""Mensagens inventadas no arquivo, com cifra, para os testes de selos, expurgo e exportação."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from persistence import mensagens, operadoras, prestadores, selos
from persistence.banco import Banco
from persistence.cifra import Cifra, criar, nova
from persistence.mensagens import MensagemNova

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.arquivo.conferencia import Relatorio
    from persistence.selos import Selo

INSTANTE = datetime(2025, 3, 10, 14, 30, 15, 123456, tzinfo=UTC)
PEDIDO = b"<m><login>x</login><senhaPrestador>segredo</senhaPrestador>%d</m>"
RESPOSTA = b"<r>%d</r>"


def abrir(url: str, pasta: Path) -> Banco:
    """O banco de uma URL com a cifra de um arquivo de chaves, criado se falta."""
    arquivo = pasta / "chaves" / "arquivo.chaves"
    criar(arquivo, nova(datetime.now(UTC) - timedelta(days=1)))
    return Banco.abrir(url, cifra=Cifra(arquivo))


def mensagem(numero: int, **valores: Any) -> MensagemNova:
    """Uma mensagem como a recepção a arquiva."""
    pedido = PEDIDO % numero
    comum = MensagemNova(
        id=f"m{numero}",
        recebida_em=INSTANTE,
        canal="soap",
        tamanho=len(pedido),
        sha256=hashlib.sha256(pedido).hexdigest(),
        desfecho="respondida",
        http=200,
        detalhes={"b": [1, 2.0, "é"], "a": {"y": None, "x": True}},
        autenticada=True,
        pedido=pedido,
        resposta=RESPOSTA % numero,
    )
    return dataclasses.replace(comum, **valores)


def arquivar(banco: Banco, *numeros: int, **valores: Any) -> None:
    """Arquiva mensagens, cada uma na sua transação."""
    for numero in numeros:
        with banco.escrita() as conn:
            mensagens.arquivar(conn, mensagem(numero, **valores))


def cadastrar(banco: Banco) -> tuple[int, int]:
    """Cadastra uma operadora e um prestador, e dá as suas chaves."""
    with banco.escrita() as conn:
        operadora = operadoras.adicionar(
            conn, registro_ans="999999", cnpj="11222333000181", nome="Operadora Inventada"
        )
        prestador = prestadores.adicionar(
            conn,
            operadora.id,
            codigo="013950",
            nome="Clínica Inventada",
            cnpj="12ABC34501DE35",
            cnes="1234567",
        )
    return operadora.id, prestador.id


def selar(banco: Banco, limite: int = 500, quando: datetime = INSTANTE) -> Selo | None:
    """Sela uma vez."""
    with banco.escrita() as conn:
        return selos.selar(conn, quando, limite)


def achados(relatorio: Relatorio) -> set[tuple[str, str]]:
    """Tipo e lugar de cada achado."""
    return {(a.tipo, a.onde) for a in relatorio.achados}
