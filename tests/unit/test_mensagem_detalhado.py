"""O que o esquema esperava em cada lugar errado de uma mensagem."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from mensagens import Q, achar, lote

from dominio.versoes import VERSOES
from mensagem import detalhado
from mensagem.detalhado import GUIAS, detalhar
from mensagem.erros_de_esquema import explicar

if TYPE_CHECKING:
    from typing import NoReturn

    from lxml import etree

CANARIO = "CANARIO77"


def _esperados(mensagem: etree._Element, versao: str = "4.03.00") -> dict[str, str | None]:
    return {d.erro.campo: d.esperado for d in detalhar(mensagem, versao)}


@pytest.mark.parametrize(
    ("campo", "valor", "esperado"),
    [
        ("numeroLote", "9" * 13, "texto, de 1 a 12 caracteres"),
        ("codigoTabela", CANARIO, "um de 18, 19, 20, 22, 90, 98, 00"),
        ("registroANS", "12", "texto, até 6 caracteres, na forma [0-9]{6}"),
        ("dataExecucao", "10/01/2026", "data AAAA-MM-DD"),
        ("valorUnitario", "1,00", "número com ponto decimal, até 10 dígitos, 2 deles decimais"),
        ("quantidadeExecutada", "1.5", "número inteiro, até 3 dígitos"),
        ("horaRegistroTransacao", "8h", "hora HH:MM:SS"),
    ],
)
def test_valor_errado_diz_o_que_cabia(campo: str, valor: str, esperado: str) -> None:
    """Cada tipo de valor errado vem com a forma, o tamanho ou os códigos que o esquema aceita."""
    mensagem = lote()
    achar(mensagem, campo).text = valor
    assert {campo: esperado} == _esperados(mensagem)


def test_elemento_que_falta_diz_o_que_se_esperava() -> None:
    """Onde falta um elemento, dizem-se os que podiam estar ali."""
    mensagem = lote()
    atendimento = achar(mensagem, "tipoAtendimento")
    pai = atendimento.getparent()
    assert pai is not None
    pai.remove(atendimento)
    [unico] = detalhar(mensagem, "4.03.00")
    assert "tipoAtendimento" in (unico.esperado or "")


def test_mesmos_erros_na_mesma_ordem() -> None:
    """Os erros são os que a recusa diz, na ordem em que estão na mensagem."""
    mensagem = lote(guias=3)
    for posicao in (0, 2):
        achar(mensagem, "codigoTabela", posicao * 4).text = CANARIO
    achar(mensagem, "numeroLote").text = "9" * 13
    assert explicar(mensagem, "4.03.00") == [d.erro for d in detalhar(mensagem, "4.03.00")]


def test_posicao_da_guia_e_a_da_mensagem() -> None:
    """A guia errada diz a sua posição no lote inteiro, e só ela tem o que se esperava."""
    mensagem = lote(guias=5)
    guia = achar(mensagem, "guiaSP-SADT", 3)
    next(guia.iter(f"{Q}codigoTabela")).text = CANARIO
    [unico] = detalhar(mensagem, "4.03.00")
    assert (unico.erro.guia, unico.esperado) == (4, "um de 18, 19, 20, 22, 90, 98, 00")


def test_so_se_detalham_sete_guias() -> None:
    """De oito guias erradas, todas têm o erro e sete têm o que se esperava."""
    mensagem = lote(guias=GUIAS + 1)
    for guia in mensagem.iter(f"{Q}guiaSP-SADT"):
        next(guia.iter(f"{Q}codigoTabela")).text = CANARIO
    detalhados = detalhar(mensagem, "4.03.00")
    assert len(detalhados) == GUIAS + 1
    assert [d.esperado is not None for d in detalhados] == [True] * GUIAS + [False]


def test_mensagem_valida_nada_tem_a_detalhar() -> None:
    """De uma mensagem que segue o esquema não se diz nada."""
    assert detalhar(lote(), "4.03.00") == []


def test_nao_repete_valores_da_mensagem() -> None:
    """O que se diz não traz o valor errado."""
    mensagem = lote()
    for campo in ("codigoTabela", "dataExecucao", "numeroLote", "tipoTransacao"):
        achar(mensagem, campo).text = CANARIO * 2
    assert CANARIO not in repr(detalhar(mensagem, "4.03.00"))


@pytest.mark.parametrize("versao", VERSOES)
def test_serve_a_toda_versao_sem_rede(versao: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Em cada versão os esquemas se abrem dos arquivos instalados, com a rede fechada."""

    def fechada(*_args: object, **_opcoes: object) -> NoReturn:
        raise AssertionError("tentou usar a rede")

    detalhado._esquema.cache_clear()
    monkeypatch.setattr(socket, "socket", fechada)
    mensagem = lote(versao=versao)
    achar(mensagem, "numeroLote").text = "9" * 13
    assert _esperados(mensagem, versao) == {"numeroLote": "texto, de 1 a 12 caracteres"}
