"""Um erro de validação, venha da árvore ou do fluxo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree


class ErroEsquema(NamedTuple):
    """Um erro de validação como a libxml2 o diz.

    Attributes:
        caminho: XPath do elemento, relativo ao elemento validado; com espaço de nomes sem prefixo
            os passos vêm como ``*``.
        tipo: nome do erro na libxml2, como ``SCHEMAV_CVC_PATTERN_VALID``.
        texto: texto em inglês; pode conter valores da mensagem, que não se repetem a ninguém.
        linha: linha do elemento na mensagem recebida; 0 nas mensagens muito grandes.
    """

    caminho: str
    tipo: str
    texto: str
    linha: int


def de_entrada(entrada: etree._LogEntry, caminho: str) -> ErroEsquema:
    """O erro de uma entrada do registro da lxml, com o caminho que se sabe dele."""
    return ErroEsquema(caminho, entrada.type_name, entrada.message, entrada.line)
