"""As listas em CSV: nenhuma planilha toma um texto por fórmula."""

from __future__ import annotations

import csv
import io

import pytest

from backoffice.api.planilhas import planilha


@pytest.mark.parametrize("comeco", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\r\n="])
def test_texto_que_parece_formula_ganha_apostrofo(comeco: str) -> None:
    """O que começa como fórmula, também depois de uma quebra de linha, fica texto."""
    dados = planilha(["x"], [[f"{comeco}1+1"]]).decode("utf-8-sig")
    [_, linha] = csv.reader(io.StringIO(dados, newline=""), delimiter=";")
    assert linha == [f"'{comeco}1+1"]


def test_texto_comum_fica_como_esta() -> None:
    """Só o começo da célula conta."""
    assert planilha(["x"], [["a=1"]]).decode("utf-8-sig") == "x\r\na=1\r\n"
