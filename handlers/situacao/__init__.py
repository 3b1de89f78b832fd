"""A mudança de situação de um protocolo por quem trabalha na operadora."""

from __future__ import annotations

from handlers.situacao.caso import Mudada, Pedido, mudar

__all__ = ["Mudada", "Pedido", "mudar"]
