"""Os impressos que a API dá, escritos numa pasta que fica."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dominio.competencia import FUSO
from dominio.lote import TipoGuia
from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import CODIGO
from gateway.demonstracao.fala import passo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.demonstracao.contas import Conta
    from gateway.demonstracao.retaguarda import Retaguarda

_COMECOS = {"pdf": b"%PDF-", "html": b"<!DOCTYPE html>", "xml": b"<?xml"}


def escrever(retaguarda: Retaguarda, contas: Sequence[Conta]) -> Sequence[Path]:
    """Escreve os impressos da conta que teve glosas, e os pagamentos; dá os arquivos.

    Raises:
        Recusado: se a API não deu um deles, ou deu outra coisa.
    """
    passo("Imprimindo os demonstrativos, a capa e o relatório do lote")
    [glosado] = [conta.protocolo for conta in contas if conta.tipo is TipoGuia.SADT]
    hoje = datetime.now(FUSO).date()
    de_hoje = f"prestador={CODIGO}&data={hoje}"
    analise = f"/demonstrativos/analise?protocolo={glosado}"
    pedidos = {
        "analise-de-conta.pdf": analise,
        "analise-de-conta.html": analise,
        "analise-de-conta.xml": analise,
        "pagamento.pdf": f"/demonstrativos/pagamento?{de_hoje}",
        "pagamento-odontologico.pdf": f"/demonstrativos/pagamento-odonto?{de_hoje}",
        "capa.pdf": f"/protocolos/{glosado}/capa?",
        "relatorio.pdf": f"/protocolos/{glosado}/relatorio?",
    }
    baixados = {nome: _baixar(retaguarda, caminho, nome) for nome, caminho in pedidos.items()}
    pasta = Path(tempfile.mkdtemp(prefix="tiss-gateway-impressos-"))
    escritos = []
    for nome, dados in baixados.items():
        arquivo = pasta / nome
        arquivo.write_bytes(dados)
        escritos.append(arquivo)
    return escritos


def _baixar(retaguarda: Retaguarda, caminho: str, nome: str) -> bytes:
    formato = nome.rpartition(".")[2]
    dados = retaguarda.baixar(f"{caminho}&formato={formato}")
    if not dados.startswith(_COMECOS[formato]):
        raise Recusado(f"{nome} não veio em {formato.upper()}")
    return dados
