"""A mudança de situação de um protocolo por quem trabalha na operadora."""

from __future__ import annotations

from handlers.situacao.caso import Impedimento, Mudada, NaoMuda, Pedido, mudar

__all__ = ["Impedimento", "Mudada", "NaoMuda", "Pedido", "mudar"]
