"""Quem administra vê como o gateway está: configuração, trabalhos, selos, versões."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from console.navegador import Navegador

import tiss_xsd
from backoffice.console import criar
from persistence import selos, trabalhos
from persistence.trabalhos import Execucao

if TYPE_CHECKING:
    from console.navegador import Console


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra um gateway que diz a sua configuração."""
    casa = replace(
        console.casa,
        configuracao={"server": {"port": "8080"}, "signature": {"password": "**********"}},
    )
    ana = console.da_operadora()
    dentro = Navegador(criar(casa))
    dentro.cookies = ana.cookies
    return dentro


def test_configuracao_em_vigor(ana: Navegador) -> None:
    """Seção a seção, com o que o gateway deu a mostrar."""
    pagina = ana.abrir("/configuracao")
    assert pagina.linhas("secao-server") == [["port", "8080"]]
    assert pagina.linhas("secao-signature") == [["password", "**********"]]


def test_trabalhos_e_selos(console: Console, ana: Navegador) -> None:
    """O que cada trabalho fez da última vez, e a cabeça do último selo."""
    assert "ainda não tem selos" in ana.abrir("/configuracao/trabalhos").texto
    agora = console.relogio()
    certo = Execucao(
        nome="selar", inicio=agora, fim=agora, proximo=agora, resultado="3 selados", erro=None,
        falhas=0,
    )  # fmt: skip
    with console.mesa.banco.escrita() as conn:
        trabalhos.registrar(conn, certo)
        torto = certo.__class__(
            nome="limpar", inicio=agora, fim=agora, proximo=agora, resultado=None,
            erro="OSError", falhas=2,
        )  # fmt: skip
        trabalhos.registrar(conn, torto)
    console.mesa.enviar_lote()
    with console.mesa.banco.escrita() as conn:
        selos.selar(conn, agora + timedelta(days=1), 100)
    pagina = ana.abrir("/configuracao/trabalhos")
    limpar, selar = pagina.linhas("trabalhos")
    assert limpar[3:5] == ["Falhou, 2 vezes seguidas", "OSError"]
    assert selar[3:5] == ["Certo", "3 selados"]
    with console.mesa.banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
    assert ultimo is not None
    assert ultimo.cabeca in pagina.texto


def test_versoes_instaladas(ana: Navegador) -> None:
    """Cada arquivo de cada versão, com o começo do seu resumo."""
    linhas = ana.abrir("/configuracao/versoes").linhas("versoes")
    assert {linha[0] for linha in linhas} == set(tiss_xsd.versoes())
    um = tiss_xsd.procedencia("4.03.00")[0]
    assert ["4.03.00", um.nome] in [linha[:2] for linha in linhas]
    assert um.sha256[:16] in {linha[3] for linha in linhas}
