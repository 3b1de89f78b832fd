from __future__ import annotations

from datetime import date

import pytest

from dominio.calendario import data_prevista, dia_util, feriados, pascoa, ultimo_dia_util


@pytest.mark.parametrize(
    ("ano", "domingo"),
    [
        (1818, date(1818, 3, 22)),
        (2000, date(2000, 4, 23)),
        (2019, date(2019, 4, 21)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_pascoa_de_anos_conhecidos(ano: int, domingo: date) -> None:
    """A Páscoa calculada é a do calendário, também nos dois extremos em que pode cair."""
    assert pascoa(ano) == domingo


def test_feriados_de_2026() -> None:
    """Num ano há nove feriados fixos e quatro dias móveis sem banco."""
    assert feriados(2026) == {
        date(2026, 1, 1),
        date(2026, 2, 16),
        date(2026, 2, 17),
        date(2026, 4, 3),
        date(2026, 4, 21),
        date(2026, 5, 1),
        date(2026, 6, 4),
        date(2026, 9, 7),
        date(2026, 10, 12),
        date(2026, 11, 2),
        date(2026, 11, 15),
        date(2026, 11, 20),
        date(2026, 12, 25),
    }


def test_consciencia_negra_so_e_feriado_desde_2024() -> None:
    """O 20 de novembro era dia útil em 2023 e deixou de ser em 2024."""
    assert dia_util(date(2023, 11, 20))
    assert not dia_util(date(2024, 11, 20))


@pytest.mark.parametrize(
    ("dia", "ultimo"),
    [
        (date(2026, 3, 10), date(2026, 3, 31)),
        (date(2026, 5, 1), date(2026, 5, 29)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2024, 3, 1), date(2024, 3, 28)),
        (date(2027, 2, 28), date(2027, 2, 26)),
    ],
)
def test_ultimo_dia_util_do_mes(dia: date, ultimo: date) -> None:
    """O último dia útil salta fins de semana e a Sexta-feira Santa que feche o mês."""
    assert ultimo_dia_util(dia) == ultimo


@pytest.mark.parametrize(
    ("liberado", "hoje", "prevista"),
    [
        (date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 31)),
        (date(2026, 5, 30), date(2026, 5, 30), date(2026, 6, 30)),
        (date(2026, 1, 5), date(2026, 3, 2), date(2026, 3, 31)),
        (date(2025, 12, 31), date(2025, 12, 31), date(2025, 12, 31)),
        (date(2026, 1, 31), date(2026, 1, 31), date(2026, 2, 27)),
    ],
)
def test_data_prevista_nunca_e_passado(liberado: date, hoje: date, prevista: date) -> None:
    """Espera-se pagar no fim do mês da liberação ou, se já passou, no primeiro que não passou."""
    assert data_prevista(liberado, hoje) == prevista
