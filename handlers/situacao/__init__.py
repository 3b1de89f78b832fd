"""A mudança de situação de um protocolo, e o número das guias, por quem trabalha na operadora."""

from __future__ import annotations

from handlers.situacao.caso import Mudada, Pedido, mudar, proprias
from handlers.situacao.guia import Numerada, numerar_guia

__all__ = ["Mudada", "Numerada", "Pedido", "mudar", "numerar_guia", "proprias"]
