"""Quem vê dados de pacientes, por qualquer porta, deixa um evento; sem evento, não os vê."""

from __future__ import annotations

import re
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from integration.comandos import Terminal
from integration.recepcao import CODIGO, REGISTRO, lote, pronta
from security import canario
from security.canario import achados, marcar

from dominio.lote import TipoGuia
from persistence import auditoria, selos
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.api import Api
    from integration.recepcao import Mesa

    from persistence.auditoria import Evento

DO_PACIENTE = (
    canario.CARTEIRA, canario.SENHA_DA_GUIA, canario.OBSERVACAO, canario.INDICACAO,
    canario.VALIDACAO, canario.DESCRICAO,
)  # fmt: skip
"""O que, visto numa resposta, é um acesso aos dados de alguém."""
MOSTRAM = {
    "/guias", "/protocolos/{numero}", "/protocolos/{numero}/guias",
    "/protocolos/{numero}/mensagem",
}  # fmt: skip
"""Os endereços em que se sabe que há dados de pacientes; se outro os mostrar, audita-se também."""


class Lote(NamedTuple):
    """Um lote marcado que já chegou."""

    protocolo: str
    mensagem: str


@pytest.fixture
def marcado(mesa: Mesa) -> Lote:
    """Um lote de SP/SADT em que tudo o que é do paciente é canário."""
    resposta = mesa.enviar(pronta(marcar(lote(TipoGuia.SADT))))
    protocolo = resposta.recibo.protocolo
    assert protocolo is not None
    return Lote(protocolo, resposta.id)


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    mesa: Mesa,
) -> Terminal:
    """A linha de comando sobre o banco da mesa."""
    url = mesa.banco.url.render_as_string(hide_password=False)
    return Terminal(monkeypatch, capsys, tmp_path).usar(url)


def _eventos(mesa: Mesa) -> list[Evento]:
    with mesa.banco.leitura() as conn:
        return list(auditoria.listar(conn, mesa.operadora.id, limite=10_000))


def _do_titular(mesa: Mesa) -> list[int]:
    with mesa.banco.escrita() as conn:
        achados_ = auditoria.de_titular(conn, mesa.operadora.id, canario.CARTEIRA.valor)
    return [evento.id for evento in achados_]


def _leituras(api: Api, protocolo: str) -> Iterator[tuple[str, str]]:
    """Cada endereço que se lê, em cada formato, com os números no lugar."""
    for inteiro, metodos in sorted(api.aplicacao.openapi()["paths"].items()):
        if "get" in metodos:
            caminho = inteiro.removeprefix("/api/v1")
            pedido = re.sub(r"{\w+}", protocolo, caminho)
            for formato in ("", "?formato=csv", "?formato=html"):
                yield caminho, pedido + formato


@contextmanager
def _auditoria_quebrada(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def falhar(*_: object, **__: object) -> None:
        raise BancoIndisponivel

    with monkeypatch.context() as troca:
        troca.setattr(auditoria, "registrar", falhar)
        yield


def test_cada_endereco_que_mostra_um_paciente_deixa_um_evento(api: Api, marcado: Lote) -> None:
    """Se a resposta traz algo do paciente, há um evento, um só, que se acha pela carteira."""
    vistos = set()
    for caminho, pedido in _leituras(api, marcado.protocolo):
        antes, meus = len(_eventos(api.mesa)), len(_do_titular(api.mesa))
        resposta = api.pegar(pedido)
        novos = _eventos(api.mesa)[antes:]
        assert len(novos) <= 1, pedido
        if achados(resposta.corpo, DO_PACIENTE):
            vistos.add(caminho)
            [evento] = novos
            assert evento.porta == "api"
            assert evento.quem.startswith("token ")
            assert _do_titular(api.mesa)[meus:] == [evento.id], pedido
    assert vistos >= MOSTRAM


def test_sem_auditoria_a_api_nao_mostra_pacientes(
    api: Api, marcado: Lote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se o evento não se grava, a resposta não traz nada do paciente."""
    token = api.token()
    calados = set()
    for caminho, pedido in _leituras(api, marcado.protocolo):
        with _auditoria_quebrada(monkeypatch):
            resposta = api.pedir("GET", pedido, token=token)
        assert achados(resposta.corpo, DO_PACIENTE) == set(), pedido
        if resposta.status == 503:
            calados.add(caminho)
    assert calados >= MOSTRAM


def _selar(mesa: Mesa) -> None:
    with mesa.banco.escrita() as conn:
        assert selos.selar(conn, datetime.now(UTC), 500) is not None


def test_exportar_deixa_um_evento_de_cada_pessoa(
    mesa: Mesa, marcado: Lote, terminal: Terminal, tmp_path: Path
) -> None:
    """Exportar uma mensagem registra quem a exportou, e acha-se pela carteira."""
    _selar(mesa)
    feito = terminal("archive", "export", marcado.mensagem, "--out", str(tmp_path / "p.zip"))
    assert feito.codigo == 0, feito.erro
    [evento] = _eventos(mesa)
    assert (evento.porta, evento.acao, evento.alvo) == ("cli", "exportar", marcado.mensagem)
    assert _do_titular(mesa) == [evento.id]
    with zipfile.ZipFile(tmp_path / "p.zip") as zip_:
        pedido = next(n for n in zip_.namelist() if n.startswith("pedido"))
        assert achados(zip_.read(pedido), DO_PACIENTE)


def test_relatar_um_titular_deixa_um_evento(mesa: Mesa, marcado: Lote, terminal: Terminal) -> None:
    """O relatório de uma pessoa é ele mesmo um acesso aos dados dela."""
    feito = terminal(
        "titular", "report", "--registro-ans", REGISTRO, "--carteira", canario.CARTEIRA.valor
    )
    assert marcado.protocolo in feito.texto
    [evento] = _eventos(mesa)
    assert (evento.porta, evento.acao, evento.alvo_tipo) == ("cli", "relatar", "titular")
    assert _do_titular(mesa) == [evento.id]


@pytest.mark.parametrize("comando", ["archive export", "titular report"])
def test_sem_auditoria_o_comando_nao_mostra_nada(
    mesa: Mesa,
    marcado: Lote,
    terminal: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    comando: str,
) -> None:
    """Se o evento não se grava, o comando recusa, sem saída e sem arquivo."""
    _selar(mesa)
    destino = tmp_path / "p.zip"
    opcoes = {
        "archive export": (marcado.mensagem, "--out", str(destino)),
        "titular report": ("--registro-ans", REGISTRO, "--carteira", canario.CARTEIRA.valor),
    }[comando]
    with _auditoria_quebrada(monkeypatch):
        feito = terminal(*comando.split(), *opcoes)
    assert (feito.codigo, feito.texto) == (1, "")
    assert not destino.exists()
    assert _eventos(mesa) == []


def test_mudar_como_alguem_entra_deixa_um_evento(mesa: Mesa, terminal: Terminal) -> None:
    """Senha trocada, credencial revogada e token criado dizem quem o fez, sem o segredo."""
    r = ("--registro-ans", REGISTRO)
    de = (*r, "--codigo", CODIGO)
    senha = ("--login", "novo", "--senha", canario.SENHA.valor)
    assert terminal("prestador", "senha", *de, *senha).codigo == 0
    assert terminal("prestador", "credencial", "revoke", *de, "--login", "novo").codigo == 0
    assert terminal("token", "add", *r, "--nome", "x", "--escopo", "leitura").codigo == 0
    eventos = _eventos(mesa)
    assert len(eventos) == 3
    assert {evento.porta for evento in eventos} == {"cli"}
    assert achados(str(eventos).encode(), [canario.SENHA]) == set()
