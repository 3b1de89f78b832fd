"""A data de execução diante dos períodos abertos do calendário."""

from __future__ import annotations

from datetime import date

import pytest
from exame_de_lote import achados, exame, guia

from dominio.lote import TipoGuia
from handlers.lote_guias.regras.calendario import FORA_DA_COMPETENCIA
from handlers.regras import Achado
from persistence.calendario import Periodo


def _periodo(de: date, ate: date) -> Periodo:
    return Periodo(1, 1, None, "202611", de, ate, date(2026, 11, 1), date(2026, 12, 5), ate)


_OUTUBRO = _periodo(date(2026, 10, 1), date(2026, 10, 31))
_NOVEMBRO = _periodo(date(2026, 11, 1), date(2026, 11, 30))


def test_sem_calendario_a_regra_cala_se() -> None:
    """Sem calendário que valha não há o que dizer de nenhuma data."""
    assert achados(FORA_DA_COMPETENCIA, exame(procurar_periodos=lambda: None)) == []


@pytest.mark.parametrize(
    ("dia", "fora"),
    [
        (date(2026, 9, 30), True), (date(2026, 10, 1), False), (date(2026, 10, 31), False),
        (date(2026, 11, 22), False), (date(2026, 12, 1), True),
    ],
)  # fmt: skip
def test_executada_fora_de_todo_periodo_aberto_e_criticada(dia: date, fora: bool) -> None:
    """Basta um período aberto que tenha a data; os extremos são dele."""
    da_guia = guia(data_inicio=dia, data_realizacao=dia, itens=())
    do_exame = exame(guia(), da_guia, procurar_periodos=lambda: (_OUTUBRO, _NOVEMBRO))
    assert achados(FORA_DA_COMPETENCIA, do_exame) == ([Achado(2)] if fora else [])


def test_entre_duas_janelas_toda_guia_e_criticada() -> None:
    """Com calendário e nada aberto hoje, o que chega veio fora de hora."""
    do_exame = exame(guia(), guia(numero_prestador="2"), procurar_periodos=tuple)
    assert achados(FORA_DA_COMPETENCIA, do_exame) == [Achado(1), Achado(2)]


def test_conta_a_ultima_data_da_guia() -> None:
    """Uma internação que acaba no período é dele, ainda que tenha começado antes."""
    setembro, outubro = date(2026, 9, 1), date(2026, 10, 2)
    longa = guia(data_inicio=setembro, data_fim=outubro, data_realizacao=setembro, itens=())
    curta = longa._replace(data_fim=setembro)
    do_exame = exame(longa, curta, tipo=TipoGuia.INTERNACAO, procurar_periodos=lambda: (_OUTUBRO,))
    assert achados(FORA_DA_COMPETENCIA, do_exame) == [Achado(2)]
