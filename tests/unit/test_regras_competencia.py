"""A competência encerrada: até que dia continua aberta, e o lote retroativo que é só dela."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from exame_de_lote import achados, exame, guia

from handlers.lote_guias.regras import datas
from handlers.regras import Achado

if TYPE_CHECKING:
    from dominio.lote import Guia

_REGRA = datas.COMPETENCIA_ENCERRADA
_NOVEMBRO = guia()


def _de(dia: date) -> Guia:
    return guia(data_inicio=dia, data_realizacao=dia, itens=())


_OUTUBRO = _de(date(2026, 10, 31))
_SETEMBRO = _de(date(2026, 9, 30))


def test_cala_se_enquanto_a_operadora_nao_diz_o_dia() -> None:
    """Sem tolerância a regra não confere nada."""
    assert achados(_REGRA, exame(_NOVEMBRO, _SETEMBRO)) == []


@pytest.mark.parametrize(("dias", "fere"), [(21, True), (22, False), (0, True), (31, False)])
def test_o_mes_anterior_fica_aberto_ate_o_dia_dado(dias: int, fere: bool) -> None:
    """No dia 22, o mês anterior está aberto se fica até o 22 ou depois, e encerrado se até o 21."""
    do_exame = exame(_NOVEMBRO, _OUTUBRO)
    assert ([Achado(2)] if fere else []) == achados(_REGRA, do_exame, dias)


def test_dois_meses_atras_esta_sempre_encerrado() -> None:
    """Por mais dias que se dê, só o mês anterior continua aberto."""
    assert achados(_REGRA, exame(_NOVEMBRO, _OUTUBRO, _SETEMBRO), 31) == [Achado(3)]


def test_lote_retroativo_de_um_so_periodo_e_aceito() -> None:
    """Um lote só de guias de uma competência encerrada é o lote retroativo que se pede."""
    assert achados(_REGRA, exame(_SETEMBRO, _de(date(2026, 9, 1))), 5) == []


def test_janeiro_e_o_mes_depois_de_dezembro() -> None:
    """A virada do ano é uma virada de mês como outra."""
    do_exame = exame(_de(date(2026, 1, 2)), _de(date(2025, 12, 31)), hoje=date(2026, 1, 5))
    assert achados(_REGRA, do_exame, 4) == [Achado(2)]
    assert achados(_REGRA, do_exame, 5) == []


def test_guia_sem_data_nao_tem_competencia() -> None:
    """Sem data de atendimento não há o que dizer."""
    sem_data = guia(data_inicio=None, data_realizacao=None, itens=())
    assert achados(_REGRA, exame(_NOVEMBRO, sem_data), 5) == []
