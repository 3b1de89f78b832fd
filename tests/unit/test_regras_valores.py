"""As regras dos valores: sinal, total do lote, somas de itens e guias."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from exame_de_lote import achados, exame, guia, item

from dominio.lote import TipoGuia
from handlers.lote_guias.regras import valores
from handlers.regras import Achado


@pytest.mark.parametrize(
    "campos",
    [
        {"informado": Decimal("-0.01")},
        {"total_franquia": Decimal("-0.01")},
        {"itens": (item(), item(valor_total=Decimal("-0.01")))},
        {"itens": (item(valor_unitario=Decimal("-0.01")),)},
        {"itens": (item(quantidade=Decimal("-0.0001")),)},
        {"itens": (item(franquia=Decimal("-0.01")),)},
        {"itens": (item(quantidade_us=Decimal("-0.01")),)},
    ],
)
def test_valor_negativo(campos: dict[str, Any]) -> None:
    """Todo valor ou quantidade negativa é achado uma vez por guia."""
    assert [Achado(1)] == achados(valores.VALOR_NEGATIVO, exame(guia(**campos)))


def test_total_que_nao_cabe() -> None:
    """A soma das guias pode ir até 99.999.999,99, e nem um centavo mais."""
    cheia = guia(informado=Decimal("99999999.98"))
    assert achados(valores.TOTAL_NAO_CABE, exame(cheia, guia(informado=Decimal("0.01")))) == []
    assert achados(valores.TOTAL_NAO_CABE, exame(cheia, guia(informado=Decimal("0.02"))))


@pytest.mark.parametrize(
    ("quantidade", "fator", "total", "fere"),
    [
        ("3", None, "30.00", False),
        ("3", "0.50", "15.00", False),
        ("0.3333", "1.00", "3.33", False),
        ("3", "1.00", "30.01", False),
        ("3", "1.00", "29.99", False),
        ("3", "1.00", "30.02", True),
        ("3", "0.50", "30.00", True),
        ("3", "0.00", "30.00", True),
    ],
)
def test_soma_do_item(quantidade: str, fator: str | None, total: str, fere: bool) -> None:
    """Total é quantidade por unitário por fator, com um centavo de folga."""
    cobrado = item(
        quantidade=Decimal(quantidade),
        fator=None if fator is None else Decimal(fator),
        valor_total=Decimal(total),
    )
    do_exame = exame(guia(itens=(item(), cobrado)))
    assert ([Achado(1, 2)] if fere else []) == achados(valores.SOMA_DO_ITEM, do_exame)


def test_soma_do_item_com_a_tolerancia_da_operadora() -> None:
    """A tolerância muda a folga em centavos; zero não deixa passar nenhum."""
    do_exame = exame(guia(itens=(item(valor_total=Decimal("10.05")),)))
    contagens = [len(achados(valores.SOMA_DO_ITEM, do_exame, t)) for t in (0, 4, 5)]
    assert contagens == [1, 1, 0]


def test_soma_do_item_nao_vale_em_odontologia() -> None:
    """Em odontologia o padrão não diz se valorProc é de uma unidade ou de todas."""
    do_exame = exame(guia(itens=(item(quantidade=Decimal(3)),)), tipo=TipoGuia.ODONTO)
    assert achados(valores.SOMA_DO_ITEM, do_exame) == []


@pytest.mark.parametrize(
    ("informado", "fere"),
    [("20.00", False), ("20.02", False), ("19.98", False), ("20.03", True), ("0.00", True)],
)
def test_soma_da_guia(informado: str, fere: bool) -> None:
    """O total da guia é a soma dos itens, com um centavo de folga por item."""
    do_exame = exame(guia(informado=Decimal(informado), itens=(item(), item(despesa=True))))
    assert ([Achado(1)] if fere else []) == achados(valores.SOMA_DA_GUIA, do_exame)


@pytest.mark.parametrize(
    ("informado", "fere"), [("10.00", False), ("30.00", False), ("20.00", True)]
)
def test_soma_da_guia_em_odontologia(informado: str, fere: bool) -> None:
    """Em odontologia o total pode ser a soma dos valores, ou deles vezes as quantidades."""
    odonto = guia(informado=Decimal(informado), itens=(item(quantidade=Decimal(3)),))
    do_exame = exame(odonto, tipo=TipoGuia.ODONTO)
    assert ([Achado(1)] if fere else []) == achados(valores.SOMA_DA_GUIA, do_exame)
