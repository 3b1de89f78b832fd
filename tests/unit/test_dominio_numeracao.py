"""O padrão com que uma operadora numera as guias."""

from __future__ import annotations

import pytest

from dominio.numeracao import conferir, numero


@pytest.mark.parametrize(
    ("padrao", "sequencia", "esperado"),
    [
        ("0001{AAAAMM}{8}", 2890, "000120240700002890"),
        ("{7}", 2340594, "2340594"),
        ("{7}", 12345678, "12345678"),
        ("G{3}", 7, "G007"),
        ("{AAAAMM}{14}", 1, "20240700000000000001"),
    ],
)
def test_numero_segue_o_padrao(padrao: str, sequencia: int, esperado: str) -> None:
    """O mês e a sequência, com os seus zeros, vão onde o padrão os põe."""
    assert numero(conferir(padrao), sequencia, "202407") == esperado


@pytest.mark.parametrize(
    "padrao",
    ["", "0001", "{AAAAMM}", "{8}{8}", "{0}", "{21}", "{MM}{8}", "é{8}", "a b{8}", "{AAAAMM}{15}",
     "{AAAAMM}{AAAAMM}{8}", "1" * 20 + "{1}", "{8", "{-1}"],
)  # fmt: skip
def test_padrao_que_nao_serve(padrao: str) -> None:
    """Sem uma só sequência, com outros caracteres ou grande demais, diz-se por quê."""
    with pytest.raises(ValueError, match=r"sequência|caracteres|uma vez"):
        conferir(padrao)
