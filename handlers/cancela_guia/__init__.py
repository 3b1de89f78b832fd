"""Cancelamento de lotes e de guias, a pedido do prestador."""

from __future__ import annotations

from handlers.cancela_guia.assunto import CancelaGuia
from handlers.cancela_guia.caso import cancelar
from handlers.cancela_guia.pedido import AlvoGuia, AlvoLote, PedidoDeCancelamento

__all__ = ["AlvoGuia", "AlvoLote", "CancelaGuia", "PedidoDeCancelamento", "cancelar"]
