"""O corpus hostil contra a porta em processo, nos dois bancos, e contra um servidor de verdade."""

from __future__ import annotations

import os
import shutil
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from acceptance.servidor import LOGIN, SENHA, Servidor
from integration.recepcao import Mesa, abrir_mesa
from security.ataques import PASTA, Ataque, conferir, contagens, manifesto
from security.porta_em_processo import PortaEmProcesso
from security.sentinela import SEGREDO, Sentinela, memoria_limitada

from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.banco_de_teste import Postgres

ATAQUES = pytest.mark.parametrize("ataque", manifesto(), ids=str)
_ENTRADAS = 90
_PRAZO = 60.0
"""Segundos: trinta vezes o que a pior entrada custa numa máquina ocupada só com ela."""


class Bancada(NamedTuple):
    """A porta em processo e a recepção atrás dela."""

    mesa: Mesa
    porta: PortaEmProcesso


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bancada(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_migrado: Path,
) -> Iterator[Bancada]:
    """Uma porta em processo para todas as entradas, em cada banco."""
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base(migrada=True)
    else:
        arquivo = tmp_path_factory.mktemp("corpus") / "tiss.db"
        shutil.copy(sqlite_migrado, arquivo)
        url = f"sqlite:///{arquivo}"
    banco = Banco.abrir(url)
    mesa = abrir_mesa(banco)
    mesa.dar_login(LOGIN, SENHA)
    porta = PortaEmProcesso(mesa.recepcao)
    yield Bancada(mesa, porta)
    porta.fechar()
    banco.fechar()


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um servidor de verdade, de um processo, em SQLite."""
    pasta = tmp_path_factory.mktemp("corpus-http")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    yield servidor
    servidor.encerrar()


def _intocadas(sentinela: Sentinela, corpo: bytes) -> None:
    assert not sentinela.tocaram_no_arquivo(), "a mensagem fez abrir um arquivo"
    assert not sentinela.ligaram(), "a mensagem fez abrir um soquete"
    assert SEGREDO.encode() not in corpo


def test_o_manifesto_tem_todos_os_arquivos() -> None:
    """Cada arquivo do corpus está no manifesto, e o corpus não encolhe."""
    no_disco = {p.name for p in PASTA.glob("*.xml") if not p.name.startswith("base")}
    assert no_disco == {a.arquivo for a in manifesto() if a.arquivo}
    assert len(manifesto()) >= _ENTRADAS


def test_as_guardas_percebem_um_toque(sentinela: Sentinela) -> None:
    """Abrir o arquivo e ligar à porta são notados: as guardas podem acusar."""
    sentinela.arquivo.read_text("utf-8")
    assert sentinela.tocaram_no_arquivo()
    socket.create_connection(("127.0.0.1", sentinela.iscas.porta)).close()
    assert sentinela.ligaram()


@ATAQUES
def test_em_processo(bancada: Bancada, sentinela: Sentinela, ataque: Ataque) -> None:
    """A resposta é a do manifesto, está no arquivo, e nada mais se grava, lê ou liga."""
    mesa, porta = bancada
    corpo = ataque.corpo(sentinela.iscas)
    antes = contagens(mesa.banco)
    inicio = time.monotonic()
    with memoria_limitada(os.getpid()):
        resposta = porta.postar(
            f"/tiss/{ataque.versao}/{ataque.servico}", corpo, ataque.http_cabecalhos()
        )
    assert time.monotonic() - inicio < _PRAZO
    correlacao = resposta.cabecalhos["x-correlation-id"]
    conferir(ataque, mesa.banco, resposta.http, correlacao, resposta.corpo)
    _intocadas(sentinela, resposta.corpo)
    depois = contagens(mesa.banco)
    if ataque.desfecho == "recusada":
        assert antes == depois
    else:
        assert depois["lote"] == antes["lote"] + 1
        assert depois["protocolo"] == antes["protocolo"] + 1


@ATAQUES
def test_pelo_servidor(servidor: Servidor, sentinela: Sentinela, ataque: Ataque) -> None:
    """Pelo soquete a resposta é a mesma, e o processo não cresce nem demora."""
    assert servidor.processo is not None
    corpo = ataque.corpo(sentinela.iscas)
    antes = contagens(servidor.banco)
    inicio = time.monotonic()
    with memoria_limitada(servidor.processo.pid):
        resposta = servidor.postar_em(
            f"/tiss/{ataque.versao}/{ataque.servico}", corpo, ataque.http_cabecalhos()
        )
    assert time.monotonic() - inicio < _PRAZO
    correlacao = resposta.cabecalhos["x-correlation-id"]
    conferir(ataque, servidor.banco, resposta.status, correlacao, resposta.corpo)
    _intocadas(sentinela, resposta.corpo)
    assert (ataque.desfecho == "recusada") == (antes == contagens(servidor.banco))


def test_o_registro_do_servidor_nao_acusa_erro_nosso(servidor: Servidor) -> None:
    """Depois de todo o corpus, nenhuma linha do registro é de erro inesperado."""
    eventos = {linha["event"] for linha in servidor.linhas_do_registro()}
    assert "erro inesperado" not in eventos
    assert "erro na porta" not in eventos
