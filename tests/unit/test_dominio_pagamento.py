from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dominio.dinheiro import reais
from dominio.pagamento import (
    Desconto,
    Indicador,
    TipoLancamento,
    apurar,
    devolver,
    ratear,
    retencoes,
)

D = Decimal
CENTAVOS = st.integers(0, 10**10).map(reais)


def test_liquido_e_bruto_menos_debitos_mais_creditos() -> None:
    """O que se recebe é o liberado, menos os débitos, mais os créditos."""
    descontos = [
        Desconto(Indicador.DEBITO, TipoLancamento.IRRF, "IRRF", D("2.17")),
        Desconto(Indicador.CREDITO, TipoLancamento.AJUSTE_ANTERIOR, "Ajuste", D("1.00")),
        Desconto(Indicador.DEBITO, TipoLancamento.DESCONTO_FINANCEIRO, "Tarifa", D("5.00")),
    ]
    assert apurar(D("181.24"), descontos) == (D("181.24"), D("7.17"), D("1.00"), D("175.07"))


def test_retencao_arredonda_ao_centavo() -> None:
    """1,2% de 181,24 retém 2,17; o tributo de percentual zero não aparece."""
    retidos = retencoes(D("181.24"), {TipoLancamento.IRRF: D("1.2"), TipoLancamento.ISS: D(0)})
    assert [(r.tipo, r.valor) for r in retidos] == [("01", D("2.17"))]


def test_retencao_de_meio_centavo_arredonda_para_cima() -> None:
    """Meio centavo arredonda para longe do zero."""
    (retido,) = retencoes(D("0.50"), {TipoLancamento.ISS: D(1)})
    assert retido.valor == D("0.01")


@given(st.lists(CENTAVOS, min_size=1, max_size=20), st.data())
def test_rateio_soma_o_valor_e_nao_passa_dos_pesos(
    pesos: list[Decimal], data: st.DataObject
) -> None:
    """As partes de um rateio somam o valor ao centavo e nenhuma passa do seu peso."""
    total = sum(pesos, D("0.00"))
    valor = data.draw(st.integers(0, int(total * 100)).map(reais))
    partes = ratear(valor, pesos)
    assert sum(partes, D("0.00")) == valor
    assert all(0 <= parte <= peso for parte, peso in zip(partes, pesos, strict=True))


def test_rateio_de_valor_negativo() -> None:
    """Um acréscimo reparte-se como uma glosa, com o sinal trocado."""
    assert ratear(D("-1.00"), [D(1), D(1), D(1)]) == (D("-0.34"), D("-0.33"), D("-0.33"))


def test_rateio_sem_pesos_nao_se_faz() -> None:
    """Sem o que repartir por, um valor não se reparte; o valor zero, sim."""
    assert ratear(D("0.00"), [D(0)]) == (D("0.00"),)
    with pytest.raises(ValueError, match="nenhum peso"):
        ratear(D("0.01"), [D(0)])


@given(st.integers(0, 10**6).map(reais), st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_estornos_sucessivos_devolvem_exatamente_o_retido(
    retido: Decimal, estornos: list[int]
) -> None:
    """Estornar um pagamento aos poucos devolve, no fim, tudo o que se reteve dele."""
    bruto = reais(sum(estornos))
    antes = D("0.00")
    devolvido = D("0.00")
    for estorno in map(reais, estornos):
        devolvido += devolver(retido, bruto, antes, antes + estorno)
        antes += estorno
    assert devolvido == retido
