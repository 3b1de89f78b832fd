"""De ``solicitacaoDemonstrativoRetorno`` a um pedido congelado."""

from __future__ import annotations

import calendar
from datetime import date
from typing import TYPE_CHECKING

from dominio.competencia import competencia_valida, ler_data
from dominio.erros import DEMONSTRATIVO_VAZIO
from dominio.transacoes import NS_TISS
from handlers.demonstrativo.modelo import Tipo
from handlers.demonstrativo.pedido import Pedido, PedidoDeAnalise, PedidoDePagamento
from mensagem import contratado
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"


def ler(corpo: etree._Element) -> Pedido:
    """Lê o que se pede.

    Raises:
        RegraRecusada: um período que não existe no calendário.
    """
    pedido = corpo[0]
    quem = contratado.ler(pedido[0])
    if pedido.tag == f"{_Q}demonstrativoAnalise":
        numeros = pedido.iterfind(f"{_Q}protocolos/{_Q}numeroProtocolo")
        return PedidoDeAnalise(quem, tuple(numero.text or "" for numero in numeros))
    tipo = Tipo(pedido.findtext(f"{_Q}tipoDemonstrativo") or "")
    dia = pedido.findtext(f"{_Q}periodo/{_Q}dataPagamento")
    if dia is not None:
        inicio = fim = _dia(dia)
    else:
        inicio, fim = _mes(pedido.findtext(f"{_Q}periodo/{_Q}competencia") or "")
    return PedidoDePagamento(quem, tipo, inicio, fim)


def mes(competencia: str) -> tuple[date, date]:
    """Primeiro e último dia de uma competência ``AAAAMM``.

    Raises:
        ValueError: não é uma competência.
    """
    if not competencia_valida(competencia):
        raise ValueError("a competência é AAAAMM")
    ano, numero = int(competencia[:4]), int(competencia[4:])
    return date(ano, numero, 1), date(ano, numero, calendar.monthrange(ano, numero)[1])


def _mes(texto: str) -> tuple[date, date]:
    try:
        return mes(texto)
    except ValueError:
        raise RegraRecusada(DEMONSTRATIVO_VAZIO, "A competência é AAAAMM.") from None


def _dia(texto: str) -> date:
    try:
        return ler_data(texto)
    except ValueError:
        raise RegraRecusada(DEMONSTRATIVO_VAZIO, "A data não existe.") from None
