"""O calendário de faturamento de uma operadora: períodos um a um ou o ano inteiro."""

from __future__ import annotations

from handlers.calendario.caso import (
    CalendarioRecusado,
    PedidoDeAno,
    PedidoDePeriodo,
    criar,
    gerar,
)

__all__ = ["CalendarioRecusado", "PedidoDeAno", "PedidoDePeriodo", "criar", "gerar"]
