"""O recurso como valores: saldos, o que cada nível alcança, como se reparte e se responde."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dominio.dinheiro import ZERO
from dominio.recurso import (
    AcimaDoSaldo,
    Alvo,
    Estado,
    Nivel,
    Parcela,
    Saldo,
    Unidade,
    dentro_do_prazo,
    estado_de,
    juntar,
    largura,
    prender,
    responder,
    saldos,
)

C = "1705"
PROTOCOLO = Unidade(None, None, "", C)
GUIA = Unidade(1, None, "", C)
ITEM = Unidade(1, 1, "", C)
GRAU = Unidade(1, 2, "00", C)
OUTRA = Unidade(2, 1, "", C)
OUTRO_CODIGO = Unidade(1, 1, "", "2607")
TODAS = (PROTOCOLO, GUIA, ITEM, GRAU, OUTRA, OUTRO_CODIGO)


def _reais(texto: str) -> Decimal:
    return Decimal(texto)


@pytest.mark.parametrize(
    ("alvo", "alcancadas"),
    [
        (Alvo(Nivel.PROTOCOLO, None, None, "", C), {PROTOCOLO, GUIA, ITEM, GRAU, OUTRA}),
        (Alvo(Nivel.GUIA, 1, None, "", C), {GUIA, ITEM, GRAU}),
        (Alvo(Nivel.ITEM, 1, 1, "", C), {ITEM}),
        (Alvo(Nivel.ITEM, 1, 2, "", C), {GRAU}),
        (Alvo(Nivel.ITEM, 1, 2, "00", C), {GRAU}),
        (Alvo(Nivel.ITEM, 1, 2, "01", C), set()),
        # a análise glosou o item inteiro: qualquer grau dele o contesta
        (Alvo(Nivel.ITEM, 1, 1, "01", C), {ITEM}),
    ],
)
def test_cada_nivel_alcanca_o_que_tem_e_o_que_esta_abaixo(
    alvo: Alvo, alcancadas: set[Unidade]
) -> None:
    """Um alvo alcança as glosas do seu código no lugar dele e abaixo."""
    assert {u for u in TODAS if alvo.alcanca(u)} == alcancadas


def test_chaves_distinguem_objeto_grau_e_codigo() -> None:
    """Coisas diferentes têm chaves diferentes."""
    chaves = {u.como_alvo.chave for u in TODAS}
    assert len(chaves) == len(TODAS)


def test_saldo_e_o_glosado_menos_o_preso() -> None:
    """Glosas iguais somam-se, o preso desconta-se, e um valor negativo não se contesta."""
    feitos = saldos(
        [(ITEM, _reais("10.00")), (ITEM, _reais("5.00")), (GUIA, _reais("-1.00"))],
        [(ITEM, _reais("4.00")), (ITEM, _reais("1.00"))],
    )
    assert feitos == {ITEM: Saldo(_reais("15.00"), _reais("5.00"))}
    assert feitos[ITEM].livre == _reais("10.00")


def test_prender_o_saldo_inteiro() -> None:
    """Sem valor dito prende-se tudo o que sobra, glosa a glosa."""
    dados = {GUIA: Saldo(_reais("5.00"), _reais("2.00")), ITEM: Saldo(_reais("10.00"))}
    feito = prender(Alvo(Nivel.GUIA, 1, None, "", C), None, dados)
    assert feito == (Parcela(GUIA, _reais("3.00")), Parcela(ITEM, _reais("10.00")))


@pytest.mark.parametrize("valor", ["0.00", "10.01", "-1.00"])
def test_prender_fora_do_saldo(valor: str) -> None:
    """De um centavo até o saldo; nem menos nem mais."""
    with pytest.raises(AcimaDoSaldo):
        prender(ITEM.como_alvo, _reais(valor), {ITEM: Saldo(_reais("10.00"))})


def test_prender_codigo_sem_valor() -> None:
    """O código sem valor próprio contesta-se com zero, e só com zero."""
    dados = {ITEM: Saldo(ZERO)}
    assert prender(ITEM.como_alvo, ZERO, dados) == (Parcela(ITEM, ZERO),)
    with pytest.raises(AcimaDoSaldo):
        prender(ITEM.como_alvo, _reais("0.01"), dados)


def test_prender_o_que_nao_ha() -> None:
    """Sem glosa alcançada não há parcela."""
    assert prender(OUTRO_CODIGO.como_alvo, None, {ITEM: Saldo(_reais("1.00"))}) == ()


def test_responder_reparte_sem_passar_de_nenhuma_parcela() -> None:
    """O acatado soma o dito e nenhuma parcela recebe mais do que contestou."""
    parcelas = [Parcela(ITEM, _reais("0.01")), Parcela(GUIA, _reais("9.99"))]
    for centavos in range(1001):
        acatado = Decimal(centavos).scaleb(-2)
        feitas = responder(parcelas, acatado)
        assert sum((p.acatado or ZERO for p in feitas), ZERO) == acatado
        assert all((p.acatado or ZERO) <= p.recursado for p in feitas)


@pytest.mark.parametrize(
    ("recursado", "acatado", "aceita", "estado"),
    [
        ("10.00", "10.00", False, Estado.AUTORIZADO),
        ("10.00", "9.99", True, Estado.AUTORIZADO_PARCIAL),
        ("10.00", "0.00", True, Estado.NEGADO),
        ("0.00", "0.00", True, Estado.AUTORIZADO),
        ("0.00", "0.00", False, Estado.NEGADO),
    ],
)
def test_estado_da_resposta(recursado: str, acatado: str, aceita: bool, estado: Estado) -> None:
    """O valor decide; sem valor, decide o que se disse."""
    assert estado_de(_reais(recursado), _reais(acatado), aceita=aceita) is estado


@pytest.mark.parametrize(
    ("estados", "junto"),
    [
        ((Estado.NEGADO, Estado.NEGADO), Estado.NEGADO),
        ((Estado.NEGADO, Estado.AUTORIZADO), Estado.AUTORIZADO_PARCIAL),
        ((Estado.NEGADO, Estado.EM_ANALISE), Estado.EM_ANALISE),
        ((Estado.PROTOCOLADO,), Estado.PROTOCOLADO),
    ],
)
def test_estados_juntos(estados: tuple[Estado, ...], junto: Estado) -> None:
    """Uma guia com várias linhas mostra-se com um só estado."""
    assert juntar(estados) is junto


def test_prazo() -> None:
    """O último dia ainda serve; sem início o prazo não corre."""
    inicio = date(2026, 1, 1)
    assert dentro_do_prazo(inicio, 60, date(2026, 3, 2))
    assert not dentro_do_prazo(inicio, 60, date(2026, 3, 3))
    assert dentro_do_prazo(None, 60, date(2099, 1, 1))


def test_largura_do_numero() -> None:
    """Doze algarismos só para quem usa zeros nos protocolos."""
    assert (largura(0), largura(8)) == (0, 12)


def test_todo_estado_tem_nome_de_tela() -> None:
    """Nenhum estado fica sem texto."""
    assert all(estado.texto.isupper() for estado in Estado)
