"""Cancelamento de lotes e de guias, a pedido do prestador."""

from __future__ import annotations

from handlers.cancela_guia.assunto import CancelaGuia

__all__ = ["CancelaGuia"]
