"""Cada pessoa de um prestador dá os seus avisos por lidos, e só os que viu."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dominio.situacao import StatusProtocolo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

S = StatusProtocolo


def _avisos(navegador: Navegador) -> list[str]:
    achados = navegador.abrir("/portal").arvore.xpath("//ul[@id='avisos']/li")
    return [" ".join(um.text_content().split()) for um in achados]


def _processar(console: Console, lote: str) -> str:
    """A operadora pede informação sobre um lote novo."""
    numero = console.mesa.enviar_lote(lote).protocolo
    assert numero is not None
    console.mesa.transitar(numero, S.EM_ANALISE)
    console.mesa.transitar(numero, S.AGUARDANDO_INFORMACAO)
    return numero


def test_aviso_aparece_ate_se_continuar(console: Console) -> None:
    """O que a operadora fez aparece ao entrar e some com Continuar; o seguinte aparece."""
    bia = console.do_prestador()
    assert _avisos(bia) == []
    primeiro = _processar(console, "1")
    (aviso,) = _avisos(bia)
    assert f"Lote {primeiro} passou a Aguardando" in aviso
    assert "1 aviso não lido" in bia.abrir("/portal").texto
    pagina = bia.preencher(0)
    assert "Avisos dados por lidos." in pagina.texto
    assert _avisos(bia) == []
    assert bia.abrir("/portal").linhas("mudancas")
    segundo = _processar(console, "2")
    assert [segundo in aviso for aviso in _avisos(bia)] == [True]


def test_o_que_chegou_entretanto_continua_por_ler(console: Console) -> None:
    """Continuar só alcança o que a página mostrava."""
    bia = console.do_prestador()
    _processar(console, "1")
    bia.abrir("/portal")
    segundo = _processar(console, "2")
    bia.preencher(0)
    assert [segundo in aviso for aviso in _avisos(bia)] == [True]


def test_cada_pessoa_le_por_si(console: Console) -> None:
    """O que uma pessoa do prestador leu continua por ler para a outra."""
    bia = console.do_prestador()
    rui = console.do_prestador(login="52998224725")
    _processar(console, "1")
    bia.abrir("/portal")
    bia.preencher(0)
    assert _avisos(bia) == []
    assert len(_avisos(rui)) == 1


@pytest.mark.parametrize("ate", ["ontem", "2026-01-01T00:00:00", "futuro", ""])
def test_instante_que_nao_serve_nao_da_nada_por_lido(console: Console, ate: str) -> None:
    """Um formulário torto, sem fuso ou do futuro não dá por lido o que ainda não chegou."""
    bia = console.do_prestador()
    bia.abrir("/portal")
    if ate == "futuro":
        ate = (console.relogio() + timedelta(days=1)).isoformat()
    assert bia.enviar("/portal/avisos/lidos", ate=ate).status == 400
    _processar(console, "1")
    assert len(_avisos(bia)) == 1
