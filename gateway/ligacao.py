"""Conexões HTTP a um endereço já conferido, e a nenhum outro, com um prazo para tudo."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.destinos import Destino


@contextmanager
def conexoes(
    destino: Destino, prazo: float, autoridades: str | None = None
) -> Iterator[tuple[HTTPConnectionPool, threading.Event]]:
    """Conexões que se cortam no fim do prazo: o de um soquete recomeça a cada byte que chega.

    Args:
        destino: conferido agora; liga-se só a ele.
        prazo: segundos até se cortarem, faça o outro lado o que fizer.
        autoridades: arquivo PEM das que assinam o certificado; ausente, as do sistema.

    Yields:
        As conexões, e o que diz se o prazo se esgotou.
    """
    abertas: list[socket.socket] = []
    esgotado = threading.Event()

    class Http(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            _anotar(abertas, self.sock)

    class Https(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            _anotar(abertas, self.sock)

    def cortar() -> None:
        esgotado.set()
        for aberta in abertas:
            with suppress(OSError):
                aberta.shutdown(socket.SHUT_RDWR)

    feitas: HTTPConnectionPool
    if destino.https:
        feitas = HTTPSConnectionPool(
            destino.ip,
            destino.porta,
            cert_reqs="CERT_REQUIRED",
            ca_certs=autoridades,
            # liga-se ao endereço conferido, e o certificado é o do nome
            server_hostname=destino.nome,
            assert_hostname=destino.nome,
        )
        feitas.ConnectionCls = Https
    else:
        feitas = HTTPConnectionPool(destino.ip, destino.porta)
        feitas.ConnectionCls = Http
    relogio = threading.Timer(prazo, cortar)
    relogio.daemon = True
    relogio.start()
    try:
        yield feitas, esgotado
    finally:
        relogio.cancel()
        feitas.close()


def _anotar(abertas: list[socket.socket], nova: socket.socket | None) -> None:
    if nova is not None:
        abertas.append(nova)
