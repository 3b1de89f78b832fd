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
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvicorn
from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from gateway import chaveiro, metricas, tls
from gateway.aplicacao import Aplicacao
from gateway.aplicacao import criar as criar_aplicacao
from gateway.banco import abrir
from gateway.configuracao import ConfiguracaoInvalida
from gateway.laco import Laco
from gateway.trabalhos import em_segundo_plano
from persistence.erros import BancoIndisponivel
from persistence.esquema import atualizar, estado

if TYPE_CHECKING:
    import ssl
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
    _sem_avanco = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._armar()

    def data_received(self, data: bytes) -> None:
        if self._em_cabecalho and b"pgrade" in data:
            # clientes HTTP/2 oferecem a troca no primeiro pedido; o httptools a levaria a sério e
            # perderia o corpo
            topo, fim, corpo = data.partition(b"\r\n\r\n")
            data = _TROCA_DE_PROTOCOLO.sub(b"", topo) + fim + corpo
        if self._sem_avanco > _CABECALHO_BYTES:
            # uma linha sem fim, no cabeçalho, entre os pedaços ou depois deles, que o httptools
            # juntaria inteira antes de nos dizer que a viu
            self._cortar("cabecalho-grande")
            return
        self._sem_avanco += len(data)
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        self._sem_avanco = 0
        super().on_body(body)

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
        self._sem_avanco = 0
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        self._desarmar()
        self._em_cabecalho = False
        self._sem_avanco = 0
        cifrada = self.transport.get_extra_info("ssl_object")
        if cifrada is not None:
            # o uvicorn não preenche esta extensão do ASGI
            extensoes = self.scope.setdefault("extensions", {})
            extensoes["tls"] = {"client_cert_der": cifrada.getpeercert(binary_form=True)}
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
        self._espera = asyncio.get_running_loop().call_later(self.prazo, self._vencer)

    def _desarmar(self) -> None:
        if self._espera is not None:
            self._espera.cancel()
            self._espera = None

    def _vencer(self) -> None:
        self._espera = None
        self._cortar("cabecalho-lento")

    def _cortar(self, motivo: str) -> None:
        if self.transport and not self.transport.is_closing():
            metricas.CONEXOES_CORTADAS.labels(motivo).inc()
            self.transport.abort()


def criar() -> Aplicacao:
    """Fábrica que o uvicorn chama em cada processo."""
    aplicacao = criar_aplicacao()
    _Protocolo.prazo = Laco.prazo = aplicacao.configuracao.server.header_timeout
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
        ChavesInvalidas: as chaves do arquivo de mensagens não são as do banco.
        ConfiguracaoInvalida: o certificado ou a chave do TLS não servem.
        OSError: o endereço não pôde ser escutado.
    """
    servidor = configuracao.server
    if servidor.tls_cert:
        # cada processo faz o seu; aqui um arquivo estragado ainda é um erro de uma linha
        tls.contexto(servidor)
    preparar_banco(configuracao)
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
        ssl_context_factory=partial(_contexto_tls, servidor) if servidor.tls_cert else None,
        loop="gateway.laco:Laco" if servidor.tls_cert else "auto",
    )
    porta = _escutar(servidor)
    esquema = "https" if servidor.tls_cert else "http"
    endereco = "{}://{}:{}".format(esquema, *porta.getsockname()[:2])
    _log.info("escutando", endereco=endereco, processos=servidor.workers)
    _parar_sem_sinal()
    try:
        # com vários processos os trabalhos ficam neste, que não atende ninguém
        with em_segundo_plano(configuracao):
            if varios:
                # um SIGHUP troca os processos um a um, e os novos leem os arquivos de novo
                Multiprocess(ajustes, sockets=[porta]).run()
            else:
                if servidor.tls_cert:
                    signal.signal(signal.SIGHUP, lambda *_: _renovar_tls(ajustes, servidor))
                uvicorn.Server(ajustes).run(sockets=[porta])
    finally:
        porta.close()
        if pasta is not None:
            metricas.remover(pasta)


def _contexto_tls(servidor: Servidor, *_: object) -> ssl.SSLContext:
    return tls.contexto(servidor)


def _renovar_tls(ajustes: uvicorn.Config, servidor: Servidor) -> None:
    """Lê de novo o certificado do servidor, que vale para as conexões seguintes."""
    if ajustes.loaded and ajustes.ssl is not None:
        try:
            tls.carregar(ajustes.ssl, servidor)
        except ConfiguracaoInvalida as erro:
            _log.error("certificado não renovado; vale o anterior", causa=str(erro))
        else:
            _log.info("certificado renovado")


def _escutar(servidor: Servidor) -> socket.socket:
    familia = socket.AF_INET6 if ":" in servidor.host else socket.AF_INET
    porta = socket.create_server((servidor.host, servidor.port), family=familia, backlog=2048)
    porta.set_inheritable(True)
    return porta


def _parar_sem_sinal() -> None:
    # depois de parar com calma o uvicorn levanta de novo o sinal que recebeu; parar é sair com 0
    for sinal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sinal, lambda _numero, _quadro: None)


def preparar_banco(configuracao: Configuracao) -> None:
    """Migra o SQLite e confere as chaves; um PostgreSQL de outra versão só avisa.

    Raises:
        BancoIndisponivel: o SQLite não pôde ser aberto ou migrado.
        ChavesInvalidas: as chaves do arquivo de mensagens não são as do banco.
        EsquemaMaisNovo: o SQLite é de um programa mais novo.
    """
    banco = abrir(configuracao.database)
    try:
        if banco.dialeto == "sqlite":
            atualizar(banco)
        elif not estado(banco).serve:
            _log.warning("banco fora da versão deste programa; rode tiss-gateway db upgrade")
            return
        if chaveiro.preparar(banco, configuracao.archive):
            arquivo = str(configuracao.archive.key_file)
            _log.warning("chaves do arquivo criadas; guarde cópia fora daqui", arquivo=arquivo)
    except BancoIndisponivel:
        if banco.dialeto == "sqlite":
            raise
        _log.warning("banco não responde; a prontidão o dirá")
    finally:
        banco.fechar()
