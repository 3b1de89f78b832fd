"""O servidor: uvicorn com prazo para o cabeçalho HTTP e um ou mais processos."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import structlog
import uvicorn
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from gateway import metricas
from gateway.aplicacao import Aplicacao
from gateway.aplicacao import criar as criar_aplicacao
from gateway.banco import abrir
from persistence.erros import BancoIndisponivel
from persistence.esquema import atualizar, estado

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.configuracao import Configuracao
    from gateway.secoes.servidor import Servidor

_log = structlog.get_logger("servidor")


_CABECALHO_BYTES = 65_536
_CABECALHOS = 200
"""O que um pedido pode ter de cabeçalhos, os do fim de um corpo em pedaços incluídos."""
_TROCA_DE_PROTOCOLO = re.compile(rb"\r\n(?:upgrade|http2-settings):[^\r\n]*", re.IGNORECASE)


class _Protocolo(HttpToolsProtocol):
    """Corta a conexão cujo cabeçalho não chega a tempo: o uvicorn não tem esse prazo."""

    prazo = 10.0
    _espera: asyncio.TimerHandle | None = None
    _em_cabecalho = True
    _bytes_de_cabecalho = 0
    _cabecalhos = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._armar()

    def data_received(self, data: bytes) -> None:
        if self._em_cabecalho and b"pgrade" in data:
            # clientes HTTP/2 oferecem a troca no primeiro pedido; o httptools a levaria a sério e
            # perderia o corpo
            topo, fim, corpo = data.partition(b"\r\n\r\n")
            data = _TROCA_DE_PROTOCOLO.sub(b"", topo) + fim + corpo
        super().data_received(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._bytes_de_cabecalho += len(name) + len(value)
        self._cabecalhos += 1
        if self._bytes_de_cabecalho > _CABECALHO_BYTES or self._cabecalhos > _CABECALHOS:
            # o uvicorn responde 400 e fecha
            metricas.CONEXOES_CORTADAS.labels("cabecalho-grande").inc()
            raise HttpParserError("cabeçalho grande demais")
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        self._em_cabecalho = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        self._desarmar()
        self._em_cabecalho = False
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._bytes_de_cabecalho = self._cabecalhos = 0
        # numa conexão mantida aberta, cada pedido tem de novo o seu prazo
        if self._espera is None:
            self._armar()

    def send_400_response(self, msg: str) -> None:
        metricas.CONEXOES_CORTADAS.labels("http-invalido").inc()
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        self._desarmar()
        super().connection_lost(exc)

    def _armar(self) -> None:
        self._espera = asyncio.get_running_loop().call_later(self.prazo, self._cortar)

    def _desarmar(self) -> None:
        if self._espera is not None:
            self._espera.cancel()
            self._espera = None

    def _cortar(self) -> None:
        self._espera = None
        if self.transport and not self.transport.is_closing():
            metricas.CONEXOES_CORTADAS.labels("cabecalho-lento").inc()
            self.transport.abort()


def criar() -> Aplicacao:
    """Fábrica que o uvicorn chama em cada processo."""
    aplicacao = criar_aplicacao()
    _Protocolo.prazo = aplicacao.configuracao.server.header_timeout
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_parar_sem_o_pai, args=(supervisor.pid,), daemon=True).start()
    return aplicacao


def _parar_sem_o_pai(pai: int) -> None:
    """Um processo cujo supervisor morreu à força não pode ficar segurando a porta."""
    while os.getppid() == pai:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def servir(
    configuracao: Configuracao, fabrica: str | Callable[[], Aplicacao] = "gateway.servidor:criar"
) -> None:
    """Migra o banco embutido, escuta e serve até receber SIGTERM ou SIGINT.

    Args:
        configuracao: a em vigor; os processos a leem de novo do mesmo arquivo e ambiente.
        fabrica: faz a aplicação em cada processo; pelo nome, salvo se o processo é um só.

    Raises:
        BancoIndisponivel: o SQLite não pôde ser aberto ou migrado.
        OSError: o endereço não pôde ser escutado.
    """
    _preparar_banco(configuracao)
    servidor = configuracao.server
    varios = servidor.workers > 1
    pasta = metricas.preparar_processos() if varios else None
    ajustes = uvicorn.Config(
        fabrica,
        factory=True,
        host=servidor.host,
        port=servidor.port,
        workers=servidor.workers,
        http=_Protocolo,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=servidor.keep_alive,
        timeout_graceful_shutdown=servidor.graceful_timeout,
        # um processo ocupado demora a dizer que vive, e não deve ser morto por isso
        timeout_worker_healthcheck=60,
        limit_concurrency=servidor.max_connections,
        backlog=2048,
    )
    porta = _escutar(servidor)
    endereco = "http://{}:{}".format(*porta.getsockname()[:2])
    _log.info("escutando", endereco=endereco, processos=servidor.workers)
    _parar_sem_sinal()
    try:
        if varios:
            Multiprocess(ajustes, sockets=[porta]).run()
        else:
            uvicorn.Server(ajustes).run(sockets=[porta])
    finally:
        porta.close()
        if pasta is not None:
            metricas.remover(pasta)


def _escutar(servidor: Servidor) -> socket.socket:
    familia = socket.AF_INET6 if ":" in servidor.host else socket.AF_INET
    porta = socket.create_server((servidor.host, servidor.port), family=familia, backlog=2048)
    porta.set_inheritable(True)
    return porta


def _parar_sem_sinal() -> None:
    # depois de parar com calma o uvicorn levanta de novo o sinal que recebeu; parar é sair com 0
    for sinal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sinal, lambda _numero, _quadro: None)


def _preparar_banco(configuracao: Configuracao) -> None:
    """Migra o SQLite; um PostgreSQL de outra versão só deixa a prontidão vermelha."""
    banco = abrir(configuracao.database)
    try:
        if banco.dialeto == "sqlite":
            atualizar(banco)
        elif not estado(banco).em_dia:
            _log.warning("banco fora da versão deste programa; rode tiss-gateway db upgrade")
    except BancoIndisponivel:
        if banco.dialeto == "sqlite":
            raise
        _log.warning("banco não responde; a prontidão o dirá")
    finally:
        banco.fechar()
