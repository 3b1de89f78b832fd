"""Quem administra vê como o gateway está: configuração, trabalhos, selos, versões, certificados."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from console.navegador import Navegador

import tiss_xsd
from backoffice.console import criar
from persistence import acessos, confianca, operadoras, selos, trabalhos
from persistence.acessos import Certificado
from persistence.confianca import CertificadoGuardado
from persistence.trabalhos import Execucao

if TYPE_CHECKING:
    from console.navegador import Console


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra um gateway com TLS próprio."""
    return _com_tls(console)


def _com_tls(console: Console) -> Navegador:
    casa = replace(
        console.casa,
        configuracao={"server": {"port": "8080"}, "signature": {"password": "**********"}},
        vencem={"tls": console.relogio() + timedelta(days=10, minutes=1)},
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


def test_certificados_so_os_da_operadora(console_nos_dois: Console) -> None:
    """Os nossos, os dos prestadores e as autoridades, com o prazo de cada um."""
    console = console_nos_dois
    mesa, agora, ana = console.mesa, console.relogio(), _com_tls(console)
    um = Certificado("a" * 64, "CN=hospital", "CN=ac", agora, agora + timedelta(days=90), agora)
    with mesa.banco.escrita() as conn:
        acessos.adicionar_certificado(conn, mesa.prestador, um)
        confianca.guardar(
            conn,
            CertificadoGuardado(
                mesa.operadora.id, "ancora", "b" * 64, "CN=raiz", agora - timedelta(days=9),
                agora - timedelta(days=1), b"der",
            ),
        )  # fmt: skip
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    pagina = ana.abrir("/configuracao/certificados")
    assert pagina.linhas("nossos")[0][2] == "Vence em 10 dias"
    (dele,) = pagina.linhas("dos-prestadores")
    assert (dele[0], dele[4]) == ("013950", "Em vigor")
    (raiz,) = pagina.linhas("autoridades")
    assert (raiz[0], raiz[1], raiz[4]) == ("Âncora", "CN=raiz", "Vencido")
    alheia = console.da_operadora(operadora=outra)
    pagina = alheia.abrir("/configuracao/certificados")
    assert pagina.linhas("dos-prestadores") == []
    assert pagina.linhas("autoridades") == []
