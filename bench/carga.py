"""A carga: conexões mantidas abertas, cada uma com um pedido por vez, corpos já montados."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIMITE_SEGUNDOS = 60
_SINAL = b"numeroProtocolo>"
"""Toda resposta boa dos casos medidos traz o número do protocolo; recusas e falhas, não."""


class RespostaErrada(Exception):
    """O gateway não respondeu 200 com um protocolo: a medição não vale."""


class Janela(NamedTuple):
    """O que uma janela de medição viu.

    Attributes:
        mensagens: respondidas.
        segundos: do primeiro envio à última resposta.
        latencias: segundos de cada mensagem.
        ultima: última resposta, inteira.
    """

    mensagens: int
    segundos: float
    latencias: list[float]
    ultima: bytes


def pedido(caminho: str, corpo: bytes) -> bytes:
    """Os bytes de um pedido HTTP/1.1 com um envelope SOAP 1.1."""
    return (
        f"POST {caminho} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        'Content-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\n'
        f"Content-Length: {len(corpo)}\r\n\r\n"
    ).encode("ascii") + corpo


def medir(porta: int, pedidos: Iterable[bytes], simultaneas: int, segundos: float) -> Janela:
    """Envia pedidos em circuito fechado até que acabem ou que o tempo passe.

    Raises:
        RespostaErrada: se alguma resposta não é 200 com um protocolo.
        OSError: se uma conexão caiu.
    """
    fila = deque(pedidos)
    clientes = [_Seguidos(porta, fila) for _ in range(simultaneas)]
    inicio = time.perf_counter()
    for cliente in clientes:
        cliente.fim = inicio + segundos
        cliente.start()
    for cliente in clientes:
        cliente.join()
    passados = time.perf_counter() - inicio
    for cliente in clientes:
        if cliente.erro is not None:
            raise cliente.erro
    latencias = [tempo for cliente in clientes for tempo in cliente.latencias]
    return Janela(len(latencias), passados, latencias, clientes[0].ultima)


class Cliente:
    """Uma conexão que se mantém aberta.

    Args:
        porta: TCP do gateway.

    Raises:
        OSError: se não se pôde ligar.
    """

    def __init__(self, porta: int) -> None:
        self._soquete = socket.create_connection(("127.0.0.1", porta), timeout=_LIMITE_SEGUNDOS)
        self._soquete.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fechar(self) -> None:
        """Fecha a conexão."""
        self._soquete.close()

    def pedir(self, dados: bytes) -> bytes:
        """Envia um pedido e dá a resposta inteira.

        Raises:
            RespostaErrada: se não é 200 com um protocolo.
            OSError: se a conexão caiu.
        """
        self._soquete.sendall(dados)
        resposta = self._receber()
        if not resposta.startswith(b"HTTP/1.1 200 ") or _SINAL not in resposta:
            raise RespostaErrada(resposta[:2000].decode("utf-8", "replace"))
        return resposta

    def _receber(self) -> bytes:
        recebido = b""
        while (corte := recebido.find(b"\r\n\r\n")) < 0:
            recebido += self._pedaco()
        topo = recebido[:corte].lower()
        tamanho = int(topo.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        pedacos = [recebido]
        faltam = tamanho - (len(recebido) - corte - 4)
        while faltam > 0:
            pedacos.append(self._pedaco())
            faltam -= len(pedacos[-1])
        return b"".join(pedacos)

    def _pedaco(self) -> bytes:
        pedaco = self._soquete.recv(262_144)
        if not pedaco:
            raise ConnectionError("o gateway fechou a conexão")
        return pedaco


class _Seguidos(threading.Thread):
    """Um cliente que pede sem parar, enquanto há pedidos e tempo."""

    def __init__(self, porta: int, fila: deque[bytes]) -> None:
        super().__init__(daemon=True)
        self._cliente = Cliente(porta)
        self._fila = fila
        self.fim = 0.0
        self.latencias: list[float] = []
        self.ultima = b""
        self.erro: Exception | None = None

    def run(self) -> None:
        try:
            self._correr()
        except Exception as erro:  # noqa: BLE001 - quem mede a levanta de novo
            self.erro = erro
            self._fila.clear()
        finally:
            self._cliente.fechar()

    def _correr(self) -> None:
        while (inicio := time.perf_counter()) < self.fim:
            try:
                proximo = self._fila.popleft()
            except IndexError:
                return
            self.ultima = self._cliente.pedir(proximo)
            self.latencias.append(time.perf_counter() - inicio)
