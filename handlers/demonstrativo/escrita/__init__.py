"""Do valor ao XML de cada versão, em texto e de uma só passada."""

from __future__ import annotations

from handlers.demonstrativo.escrita.documento import (
    analise,
    em_documento,
    pagamento,
    preencher,
    situacao,
)
from handlers.demonstrativo.escrita.forma import NaoCabe

__all__ = [
    "NaoCabe",
    "analise",
    "em_documento",
    "pagamento",
    "preencher",
    "situacao",
]
