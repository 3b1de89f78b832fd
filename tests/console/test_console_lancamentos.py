"""Quem paga lança um débito ou crédito, que espera o próximo pagamento do prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from persistence import lancamentos
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

CAMINHO = "/pagamentos/lancamentos"
DITO = {
    "prestador": "013950", "indicador": "1", "tipo": "07", "descricao": "Ajuste", "valor": "12,50",
    "chave": "k",
}  # fmt: skip


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem paga, na página do prestador."""
    ana = console.da_operadora(Escopo.LEITURA, Escopo.PAGAMENTO)
    ana.abrir(CAMINHO, prestador="013950")
    return ana


def test_lancado_espera_o_proximo_pagamento_uma_so_vez(ana: Navegador) -> None:
    """Aparece na lista; o botão apertado duas vezes não o repete."""
    for _ in range(2):
        pagina = ana.enviar(CAMINHO, **DITO)
    assert pagina.caminho.endswith("?prestador=013950")
    ((qual, tipo, descricao, origem, valor),) = pagina.linhas("lancamentos")
    assert (qual, descricao, origem, valor) == ("Débito", "Ajuste", "Alguém o lançou", "R$ 12,50")
    assert tipo.startswith("07 ")


@pytest.mark.parametrize(
    "torto",
    [{"valor": "0"}, {"valor": "muito"}, {"descricao": ""}, {"tipo": "99"}, {"indicador": ""}],
)
def test_o_que_nao_serve_fica_no_campo(
    console: Console, ana: Navegador, torto: dict[str, str]
) -> None:
    """Nada se lança, e o erro diz-se no campo."""
    pagina = ana.enviar(CAMINHO, **DITO | torto)
    assert (pagina.status, set(pagina.erros())) == (422, set(torto))
    with console.mesa.banco.leitura() as conn:
        mesa = console.mesa
        assert lancamentos.pendentes(conn, mesa.operadora.id, mesa.prestador.id) == ()


def test_prestador_que_nao_ha_e_quem_so_le(console: Console, ana: Navegador) -> None:
    """Um código que não é da operadora diz-se no campo; sem o papel de pagar não se lança."""
    assert set(ana.abrir(CAMINHO, prestador="999").erros()) == {"prestador"}
    assert ana.enviar(CAMINHO, **DITO | {"prestador": "999"}).status == 404
    rui = console.da_operadora(Escopo.LEITURA)
    pagina = rui.abrir(CAMINHO, prestador="013950")
    assert not pagina.arvore.xpath("//form[@data-confirmar]")
