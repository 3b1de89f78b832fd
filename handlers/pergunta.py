"""A pergunta pela situação de um protocolo, de lote ou de recurso: as duas dizem o mesmo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.transacoes import NS_TISS
from mensagem import contratado

if TYPE_CHECKING:
    from lxml import etree

    from dominio.lote import Identificacao

_NUMERO = f"{{{NS_TISS}}}numeroProtocolo"


class PedidoDeStatus(NamedTuple):
    """Pergunta por um protocolo.

    Attributes:
        prestador: identificação que a resposta repete.
        numero: como veio; zeros à esquerda não contam.
    """

    prestador: Identificacao
    numero: str


def ler(corpo: etree._Element) -> PedidoDeStatus:
    """Lê prestador e número de uma pergunta que já passou pelo esquema."""
    return PedidoDeStatus(contratado.ler(corpo[0]), corpo.findtext(_NUMERO) or "")
