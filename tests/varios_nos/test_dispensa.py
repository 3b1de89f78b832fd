"""A quem um processo cheio responde sem sequer fazer um pedido ASGI: o que vê uma conexão."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from validador import validar_resposta

from dominio.transacoes import POR_SERVICO
from gateway.dispensa import sobrecarga
from gateway.fila import Fila
from gateway.protocolo import Protocolo
from gateway.respostas import responder
from mensagem.envelope import Soap

if TYPE_CHECKING:
    from collections.abc import Iterator

PEDIDO = (
    b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: um.exemplo\r\n"
    b"Content-Type: text/xml\r\nContent-Length: 12\r\n%s\r\n"
)
CORPO = b"<a>corpo</a>"
UM, OUTRO = "192.0.2.10", "198.51.100.7"


class Cheia:
    """Uma aplicação que se pode dizer cheia, e que devolve o corpo a quem atende."""

    def __init__(self) -> None:
        self.cheia = True
        self.atendidos: list[bytes] = []

    def sobrecarga(self, _scope: Any, cabecalhos: Any) -> bytes | None:
        if not self.cheia:
            return None
        return sobrecarga(POR_SERVICO["tissLoteGuias"], "4.03.00", Soap.V11, cabecalhos)

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        corpo = b""
        while (evento := await receive()).get("more_body"):
            corpo += evento["body"]
        self.atendidos.append(corpo + evento["body"])
        await responder(send, 200, self.atendidos[-1], [])


class Aberto:
    """Um servidor com essa aplicação, numa thread."""

    def __init__(self) -> None:
        self.aplicacao = Cheia()
        escuta = socket.create_server(("127.0.0.1", 0))
        self.porta = escuta.getsockname()[1]
        ajustes = uvicorn.Config(
            self.aplicacao, http=Protocolo, ws="none", lifespan="off", log_config=None,
            access_log=False, server_header=False, proxy_headers=False,
        )  # fmt: skip
        self._servidor = uvicorn.Server(ajustes)
        self._thread = threading.Thread(target=self._servidor.run, args=([escuta],))
        self._thread.start()

    def ligar(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.porta), timeout=20)

    def fechar(self) -> None:
        self._servidor.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def servidor() -> Iterator[Aberto]:
    """Um só para todos; cada teste diz se está cheio."""
    aberto = Aberto()
    yield aberto
    aberto.fechar()


def _resposta(soquete: socket.socket) -> tuple[bytes, bytes]:
    recebido = b""
    while b"\r\n\r\n" not in recebido:
        recebido += soquete.recv(65_536)
    topo, _, corpo = recebido.partition(b"\r\n\r\n")
    tamanho = int(topo.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(corpo) < tamanho:
        corpo += soquete.recv(65_536)
    return topo, corpo


def test_a_mesma_conexao_serve_ao_pedido_seguinte(servidor: Aberto) -> None:
    """Duas vezes 503 com uma falha do padrão, e depois, havendo lugar, a resposta."""
    servidor.aplicacao.cheia = True
    with servidor.ligar() as soquete:
        for _ in range(2):
            soquete.sendall(PEDIDO % b"" + CORPO)
            topo, corpo = _resposta(soquete)
            linhas = topo.lower().split(b"\r\n")
            assert linhas[0] == b"http/1.1 503 service unavailable"
            assert {b"retry-after: 5", b"content-type: text/xml; charset=utf-8"} <= set(linhas)
            assert any(linha.startswith(b"date: ") for linha in linhas)
            assert "ErroInesperadoServidor" in "".join(
                validar_resposta(corpo, "4.03.00").itertext()
            )
        servidor.aplicacao.cheia = False
        soquete.sendall(PEDIDO % b"" + CORPO)
        assert _resposta(soquete)[1] == CORPO


def test_o_corpo_que_chega_depois_da_resposta_cai_por_terra(servidor: Aberto) -> None:
    """Quem manda o corpo aos poucos ouve 503 antes de o acabar, e a conexão não se confunde."""
    servidor.aplicacao.cheia = True
    with servidor.ligar() as soquete:
        soquete.sendall(PEDIDO % b"")
        assert b" 503 " in _resposta(soquete)[0]
        soquete.sendall(CORPO[:5])
        servidor.aplicacao.cheia = False
        soquete.sendall(CORPO[5:] + PEDIDO % b"" + CORPO)
        assert _resposta(soquete)[1] == CORPO


def test_pedidos_em_fila_na_conexao_respondem_se_por_ordem(servidor: Aberto) -> None:
    """De cem pedidos mandados de uma vez cada um tem a sua resposta."""
    servidor.aplicacao.cheia = True
    with servidor.ligar() as soquete:
        soquete.sendall((PEDIDO % b"" + CORPO) * 100)
        recebido = b""
        while recebido.count(b"HTTP/1.1 503") < 100:
            recebido += soquete.recv(65_536)
        servidor.aplicacao.cheia = False
        soquete.sendall(PEDIDO % b"" + CORPO)
        while not recebido.endswith(CORPO):
            recebido += soquete.recv(65_536)


@pytest.mark.parametrize("linha", [b"Expect: 100-continue\r\n", b"Connection: close\r\n"])
def test_quem_pede_mais_do_que_uma_resposta_vai_pelo_caminho_de_todos(
    servidor: Aberto, linha: bytes
) -> None:
    """Fechar sem ler o corpo cortaria a resposta, e quem espera um 100 só depois manda o corpo."""
    servidor.aplicacao.cheia = True
    recebido = b""
    with servidor.ligar() as soquete:
        soquete.sendall(PEDIDO % linha + CORPO)
        while not recebido.endswith(CORPO):
            recebido += soquete.recv(65_536)
    assert b"HTTP/1.1 200 OK" in recebido
    assert b" 503 " not in recebido


def test_quem_nao_teria_a_vez_a_tempo_ouve_o_logo() -> None:
    """Sabido o passo da sala, quem chega a uma cheia já não entra, e quem vem de outro lado sim."""
    agora = 0.0

    async def cena() -> None:
        nonlocal agora
        fila = Fila(1, 10.0, lambda: agora)
        dentro = [await fila.entrar(UM) for _ in range(3)]
        espera = [asyncio.create_task(fila.entrar(UM)) for _ in range(30)]
        await asyncio.sleep(0)
        for _ in range(22):
            # passa um por segundo
            agora += 1
            lugar = dentro.pop(0)
            assert lugar is not None
            lugar.largar()
            await asyncio.sleep(0)
            dentro.append(await espera.pop(0))
        # oito à frente: os seus oito segundos são o que se promete de dez
        assert not fila.cabe(UM)
        assert await fila.entrar(UM) is None
        # um por volta: a de outro endereço é a segunda a passar
        assert fila.cabe(OUTRO)
        for tarefa in espera:
            tarefa.cancel()

    comeco = time.monotonic()
    asyncio.run(cena())
    assert time.monotonic() - comeco < 10
