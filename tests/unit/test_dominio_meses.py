"""Os meses, e as identificações que os levam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dominio import meses


@pytest.mark.parametrize(
    ("mes", "quantos", "esperado"),
    [(202611, 0, 202611), (202611, 1, 202612), (202611, 2, 202701), (202601, -1, 202512)],
)
def test_meses_somam_se_por_cima_do_ano(mes: int, quantos: int, esperado: int) -> None:
    """Dezembro segue-se de janeiro, para a frente e para trás."""
    assert meses.somar(mes, quantos) == esperado


def test_mes_e_o_de_utc() -> None:
    """A última hora do mês em São Paulo já é do mês seguinte."""
    em_sao_paulo = datetime(2026, 11, 30, 22, tzinfo=timezone(timedelta(hours=-3)))
    assert meses.mes(em_sao_paulo) == 202612
    assert meses.inicio(202612) == datetime(2026, 12, 1, tzinfo=UTC)


def test_identificacoes_ordenam_se_pelo_mes() -> None:
    """A de um mês vem depois de todas as do anterior e das que não têm mês."""
    velha = meses.identificar(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    nova = meses.identificar(datetime(2026, 12, 1, tzinfo=UTC))
    assert "f" * 32 < velha < meses.mensagem_desde(202612) <= nova
    assert len(velha) == len(nova) == 32
    assert meses.identificar(datetime(2026, 12, 1, tzinfo=UTC)) != nova


def test_chave_de_lote_cabe_num_numero_de_javascript() -> None:
    """Até ao ano 9000 a chave não passa de 2**53."""
    assert meses.lote_desde(900_000) < 2**53
