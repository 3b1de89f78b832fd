"""Quem manda devagar, ou não manda nada, não para quem manda direito."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.servidor import Servidor
from validador import validar_resposta

if TYPE_CHECKING:
    from collections.abc import Iterator

_OCIOSAS = 500
_LENTAS = 60
_COMECO = b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um servidor de um processo com os prazos de costume."""
    pasta = tmp_path_factory.mktemp("lentos")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    yield servidor
    servidor.encerrar()


@pytest.fixture(scope="module")
def apressado(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um servidor que espera um segundo pelo cabeçalho e dois pelo corpo."""
    pasta = tmp_path_factory.mktemp("apressado")
    prazos = {
        "TISS_GATEWAY_SERVER__HEADER_TIMEOUT": "1",
        "TISS_GATEWAY_SERVER__BODY_TIMEOUT": "2",
    }
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta, **prazos).iniciar()
    yield servidor
    servidor.encerrar()


def _abrir(
    pilha: ExitStack, servidor: Servidor, quantas: int, mandam: bytes
) -> list[socket.socket]:
    abertas = []
    for _ in range(quantas):
        conexao = socket.create_connection(("127.0.0.1", servidor.porta), timeout=10)
        pilha.enter_context(conexao)
        conexao.sendall(mandam)
        abertas.append(conexao)
    return abertas


def _pingar(conexoes: list[socket.socket], byte: bytes, parar: threading.Event) -> None:
    while not parar.wait(0.1):
        for conexao in conexoes:
            with suppress(OSError):
                conexao.sendall(byte)


@pytest.mark.parametrize(
    ("quantas", "mandam", "byte"),
    [
        (_OCIOSAS, b"", b""),
        (_LENTAS, _COMECO + b"X-A: ", b"a"),
        (_LENTAS, _COMECO + b"Content-Length: 1000000\r\n\r\n<a>", b" "),
        (_LENTAS, _COMECO + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ],
    ids=["500 ociosas", "cabeçalhos lentos", "corpos lentos", "pedaços lentos"],
)
def test_um_cliente_comum_e_atendido(
    servidor: Servidor, quantas: int, mandam: bytes, byte: bytes
) -> None:
    """Com as conexões lentas todas abertas, dez lotes de um cliente comum recebem protocolo."""
    parar = threading.Event()
    with ExitStack() as pilha:
        abertas = _abrir(pilha, servidor, quantas, mandam)
        quem_pinga = threading.Thread(target=_pingar, args=(abertas, byte, parar), daemon=True)
        if byte:
            quem_pinga.start()
        try:
            for _ in range(10):
                resposta = servidor.postar(envelopado(lote()))
                assert resposta.status == 200
                validar_resposta(resposta.corpo, "4.03.00")
        finally:
            parar.set()
            if byte:
                quem_pinga.join()


def _cortada(conexao: socket.socket) -> bytes:
    conexao.settimeout(10)
    recebido = b""
    with suppress(ConnectionResetError):
        while parte := conexao.recv(65536):
            recebido += parte
    return recebido


def test_cabecalho_que_nao_chega_corta_a_conexao(apressado: Servidor) -> None:
    """Passado o prazo do cabeçalho, pinguem bytes ou não, a conexão é cortada sem resposta."""
    parar = threading.Event()
    with ExitStack() as pilha:
        abertas = _abrir(pilha, apressado, 2, _COMECO + b"X-A: ")
        quem_pinga = threading.Thread(target=_pingar, args=(abertas[:1], b"a", parar), daemon=True)
        quem_pinga.start()
        try:
            assert [_cortada(conexao) for conexao in abertas] == [b"", b""]
        finally:
            parar.set()
            quem_pinga.join()


def test_corpo_que_nao_chega_responde_408(apressado: Servidor) -> None:
    """Passado o prazo do corpo, a falha diz que a mensagem demorou, e a conexão fecha."""
    with ExitStack() as pilha:
        mandam = _COMECO + b"Content-Length: 1000000\r\n\r\n<a>"
        [conexao] = _abrir(pilha, apressado, 1, mandam)
        recebido = _cortada(conexao)
    assert recebido.startswith(b"HTTP/1.1 408")
    falha = validar_resposta(recebido.partition(b"\r\n\r\n")[2], "4.03.00")
    assert "demorou" in (falha.findtext("faultstring") or "")
