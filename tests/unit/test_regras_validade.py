"""Até quando cada versão do padrão está em vigor."""

from __future__ import annotations

from datetime import date

import pytest

from dominio.validade import vencida


@pytest.mark.parametrize(
    ("versao", "dia", "esperado"),
    [
        ("4.03.00", date(2030, 1, 1), False),
        ("4.02.00", date(2026, 6, 30), False),
        ("4.02.00", date(2026, 7, 1), True),
        ("4.01.00", date(2026, 6, 30), False),
        ("4.01.00", date(2026, 7, 1), True),
        ("4.00.01", date(2025, 1, 1), True),
        ("4.00.00", date(2025, 1, 1), True),
        ("3.05.00", date(2025, 1, 1), True),
        ("4.04.00", date(2030, 1, 1), False),
    ],
)
def test_versao_vence_depois_do_ultimo_dia(versao: str, dia: date, esperado: bool) -> None:
    """O último dia de vigor ainda vale; uma versão que não se conhece não vence."""
    assert esperado is vencida(versao, dia)
