from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dominio.analise import (
    Glosa,
    ItemAnalisado,
    Politica,
    Valores,
    informado_dos_itens,
    por_item,
    somar,
)
from dominio.lote import Item, TipoGuia

D = Decimal


def _valores(*textos: str) -> Valores:
    return Valores(*(D(texto) for texto in textos))


@pytest.mark.parametrize(
    ("politica", "valores", "confere"),
    [
        (Politica.PADRAO, ("100", "100", "70", "30"), True),
        (Politica.PADRAO, ("100", "100", "70", "20"), False),
        (Politica.PADRAO, ("0", "192", "70", "122"), True),
        (Politica.SOBRE_INFORMADO, ("135", "110", "0", "135"), True),
        (Politica.SOBRE_INFORMADO, ("135", "110", "0", "110"), False),
        (Politica.COM_SINAL, ("0", "0", "84.24", "-84.24"), True),
        (Politica.COM_SINAL, ("0", "0", "84.24", "84.24"), False),
        (Politica.A_PARTE, ("0", "70", "70", "122"), True),
        (Politica.A_PARTE, ("100", "100", "70", "30"), False),
        (Politica.LIVRE, ("0", "1", "2", "3"), True),
    ],
)
def test_equacao_de_cada_politica(
    politica: Politica, valores: tuple[str, ...], confere: bool
) -> None:
    """Cada política aceita as contas das operadoras que a usam, e só elas."""
    assert _valores(*valores).confere(politica) is confere


@pytest.mark.parametrize(
    ("politica", "liberado"),
    [(Politica.PADRAO, "65"), (Politica.SOBRE_INFORMADO, "65"), (Politica.A_PARTE, "70")],
)
def test_glosa_do_nivel_sai_do_liberado_ou_corre_por_fora(
    politica: Politica, liberado: str
) -> None:
    """A glosa da guia soma-se às dos itens e tira do liberado, salvo onde corre à parte."""
    partes = [_valores("60", "60", "40", "20"), _valores("30", "30", "30", "0")]
    soma = somar(politica, partes, [Glosa("1705", D(5))], D(91))
    assert soma == _valores("91", "90", liberado, "25")


def test_item_soma_os_seus_graus() -> None:
    """Os quatro valores de um item são a soma dos seus graus de participação."""
    partes = [
        ItemAnalisado(1, _valores("60", "60", "50", "10"), D(1), D(1), grau="00"),
        ItemAnalisado(2, _valores("5", "5", "5", "0"), D(1), D(1)),
        ItemAnalisado(1, _valores("40", "40", "40", "0"), D(1), D(1), grau="01"),
    ]
    assert por_item(partes) == {
        1: _valores("100", "100", "90", "10"),
        2: _valores("5", "5", "5", "0"),
    }


def _item(valor: str, quantidade: str) -> Item:
    return Item(
        False, 1, date(2026, 3, 1), "98", "81000030", None, D(quantidade), D(valor), D(valor)
    )


@pytest.mark.parametrize(
    ("tipo", "da_guia", "informados"),
    [
        (TipoGuia.ODONTO, "50.00", {1: D("20.00"), 2: D("30.00")}),
        (TipoGuia.ODONTO, "70.00", {1: D("40.00"), 2: D("30.00")}),
        (TipoGuia.ODONTO, "99.00", {1: D("20.00"), 2: D("30.00")}),
        (TipoGuia.SADT, "70.00", {1: D("20.00"), 2: D("30.00")}),
    ],
)
def test_informado_de_item_odontologico_e_o_que_soma_a_guia(
    tipo: TipoGuia, da_guia: str, informados: dict[int, Decimal]
) -> None:
    """Em odontologia o valor é de um ou de todos, conforme some o total; fora dela, é de todos."""
    itens = {1: _item("20.00", "2"), 2: _item("30.00", "1")}
    assert informado_dos_itens(tipo, itens, D(da_guia)) == informados
