"""De valores a XML: a mensagem com o seu hash e o envelope que a leva.

Serve a quem precisa dos bytes exatos (soquetes crus, medições); o cliente SOAP usa o zeep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from lxml import etree

from dominio.transacoes import NS_TISS, Transacao
from mensagem import hash_tiss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prestador.valores import Corpo, Valor

Codificacao = Literal["UTF-8", "ISO-8859-1"]
VersaoSoap = Literal["1.1", "1.2"]

ENVELOPES: dict[str, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
"""Versão de SOAP -> espaço de nomes do envelope."""

_TISS = f"{{{NS_TISS}}}"


def elemento(raiz: str, corpo: Corpo, *, prefixo: str | None = "ans") -> etree._Element:
    """Um elemento do espaço TISS com o conteúdo dado, sem tocar em hash algum.

    Args:
        raiz: nome local.
        corpo: conteúdo na ordem do esquema.
        prefixo: do espaço de nomes; ``None`` o declara como o padrão.
    """
    novo = etree.Element(_TISS + raiz, nsmap=cast("dict[str, str]", {prefixo: NS_TISS}))
    _preencher(novo, corpo)
    return novo


def _preencher(pai: etree._Element, corpo: Corpo) -> None:
    for nome, valor in corpo.items():
        etiqueta = _TISS + nome
        ocorrencias: Sequence[Valor] = valor if isinstance(valor, list) else (valor,)
        for ocorrencia in ocorrencias:
            filho = etree.SubElement(pai, etiqueta)
            if isinstance(ocorrencia, str):
                filho.text = ocorrencia
            elif isinstance(ocorrencia, dict):
                _preencher(filho, ocorrencia)


def selar(mensagem: etree._Element) -> etree._Element:
    """Escreve o hash oficial no lugar que a mensagem tem para ele, e a devolve.

    Raises:
        ValueError: se a mensagem não tem elemento ``hash``.
        UnicodeEncodeError: se há texto fora de ISO-8859-1.
    """
    lugar = mensagem.find(f"{_TISS}hash")
    if lugar is None:
        lugar = mensagem.find(f"{_TISS}epilogo/{_TISS}hash")
    if lugar is None:
        raise ValueError("a mensagem não tem elemento hash")
    lugar.text = hash_tiss.calcular(mensagem)
    return mensagem


def mensagem_ws(
    transacao: Transacao, cabecalho: Corpo, corpo: Corpo, *, prefixo: str | None = "ans"
) -> etree._Element:
    """O pedido de um web service, selado.

    Args:
        transacao: da tabela; diz a raiz e o nome do corpo.
        cabecalho: conteúdo de ``cabecalho``.
        corpo: conteúdo do elemento da transação.
        prefixo: do espaço de nomes; ``None`` o declara como o padrão.
    """
    conteudo: Corpo = {"cabecalho": cabecalho, transacao.corpo_pedido: corpo, "hash": ""}
    return selar(elemento(transacao.raiz_pedido, conteudo, prefixo=prefixo))


def mensagem_arquivo(
    transacao: Transacao, cabecalho: Corpo, corpo: Corpo, *, prefixo: str | None = "ans"
) -> etree._Element:
    """O mesmo pedido na forma de arquivo, ``mensagemTISS``, com o hash no epílogo."""
    conteudo: Corpo = {
        "cabecalho": cabecalho,
        "prestadorParaOperadora": {transacao.corpo_arquivo: corpo},
        "epilogo": {"hash": ""},
    }
    return selar(elemento("mensagemTISS", conteudo, prefixo=prefixo))


def envelope(
    mensagem: etree._Element,
    *,
    soap: VersaoSoap = "1.1",
    codificacao: Codificacao = "UTF-8",
) -> bytes:
    """Os bytes do envelope com a mensagem no Body; a mensagem não é tocada."""
    espaco = ENVELOPES[soap]
    inicio = (
        f'<?xml version="1.0" encoding="{codificacao}"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{espaco}"><soapenv:Body>'
    )
    dentro = etree.tostring(mensagem, encoding=codificacao, xml_declaration=False, with_tail=False)
    return inicio.encode("ascii") + dentro + b"</soapenv:Body></soapenv:Envelope>"
