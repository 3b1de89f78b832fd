"""A busca de uma lista de revogados por HTTP: com limites de tempo, tamanho e saltos.

O endereço vem de um certificado de uma cadeia em que se confia; ainda assim nada do que o servidor
responde decide quanto se lê, quanto se espera ou por que esquema se segue.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse

_PARTE = 65_536
_CONECTAR = 10.0
_SALTOS = 3
_SEGUEM = frozenset({301, 302, 303, 307, 308})


class BuscaFalhou(Exception):
    """A lista não veio; o texto diz por quê."""


def buscar(endereco: str, *, prazo: float, limite: int) -> bytes:
    """Os bytes de um endereço.

    Args:
        endereco: ``http`` ou ``https``.
        prazo: segundos para tudo, saltos incluídos.
        limite: bytes que se aceitam.

    Raises:
        BuscaFalhou: não respondeu, respondeu outra coisa, ou passou de um limite.
    """
    with _conexoes(prazo) as (conexoes, esgotado):
        for _ in range(_SALTOS + 1):
            try:
                achado = _pedir(conexoes, endereco, prazo, limite)
            except (HTTPError, OSError, ValueError) as erro:
                if esgotado.is_set():
                    raise BuscaFalhou("não respondeu no prazo") from None
                raise BuscaFalhou(f"rede: {type(erro).__name__}") from None
            if esgotado.is_set():
                # cortada no meio, uma resposta sem tamanho dito parece inteira
                raise BuscaFalhou("não respondeu no prazo")
            if isinstance(achado, bytes):
                return achado
            endereco = _salto(endereco, achado.novo)
    raise BuscaFalhou("redirecionou vezes demais")


@contextmanager
def _conexoes(prazo: float) -> Iterator[tuple[urllib3.PoolManager, threading.Event]]:
    """Conexões que se cortam quando o prazo acaba, faça o servidor o que fizer.

    Os prazos de soquete contam de um byte ao seguinte, e um servidor que pinga os renova sempre.
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

    relogio = threading.Timer(prazo, cortar)
    relogio.daemon = True
    relogio.start()
    try:
        with urllib3.PoolManager(cert_reqs="CERT_REQUIRED", retries=False) as conexoes:
            conexoes.pool_classes_by_scheme = {
                "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": Http}),
                "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": Https}),
            }
            yield conexoes, esgotado
    finally:
        relogio.cancel()


def _anotar(abertas: list[socket.socket], nova: socket.socket | None) -> None:
    if nova is not None:
        abertas.append(nova)


class _Salto:
    def __init__(self, novo: str) -> None:
        self.novo = novo


def _pedir(
    conexoes: urllib3.PoolManager, endereco: str, prazo: float, limite: int
) -> bytes | _Salto:
    resposta = conexoes.request(
        "GET",
        endereco,
        headers={"Accept-Encoding": "identity", "User-Agent": "tiss-gateway"},
        redirect=False,
        preload_content=False,
        timeout=Timeout(connect=min(_CONECTAR, prazo), read=prazo),
    )
    try:
        if resposta.status in _SEGUEM:
            return _Salto(resposta.headers.get("Location", ""))
        if resposta.status != 200:
            raise BuscaFalhou(f"HTTP {resposta.status}")
        return _ler(resposta, limite)
    finally:
        resposta.close()


def _ler(resposta: BaseHTTPResponse, limite: int) -> bytes:
    partes: list[bytes] = []
    total = 0
    while parte := resposta.read1(_PARTE):
        total += len(parte)
        partes.append(parte)
        if total > limite:
            raise BuscaFalhou(f"a lista passa de {limite} bytes")
    return b"".join(partes)


def _salto(de: str, para: str) -> str:
    """O endereço de um redirecionamento, que não pode sair de HTTP nem voltar de HTTPS.

    Raises:
        BuscaFalhou: pode ser de um servidor que aponta para outro lugar.
    """
    novo = urljoin(de, para)
    antes, depois = urlsplit(de).scheme.lower(), urlsplit(novo).scheme.lower()
    if not para or depois not in ("http", "https") or (antes, depois) == ("https", "http"):
        raise BuscaFalhou("redirecionou para um endereço que não se segue")
    return novo
