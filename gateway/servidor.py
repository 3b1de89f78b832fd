"""O servidor: uvicorn com prazo para o cabeçalho HTTP e um ou mais processos."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway import chaveiro, metricas, tls
from gateway.aplicacao import Aplicacao
from gateway.aplicacao import criar as criar_aplicacao
from gateway.banco import abrir
from gateway.configuracao import ConfiguracaoInvalida
from gateway.laco import Laco
from gateway.protocolo import Protocolo
from gateway.trabalhos import em_segundo_plano
from persistence.erros import BancoIndisponivel
from persistence.esquema import atualizar, estado

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from gateway.configuracao import Configuracao
    from gateway.escuta import Escuta
    from gateway.secoes.servidor import Servidor

_log = structlog.get_logger("servidor")


def criar() -> Aplicacao:
    """Fábrica que o uvicorn chama em cada processo."""
    aplicacao = criar_aplicacao()
    Protocolo.prazo = Laco.prazo = aplicacao.configuracao.server.header_timeout
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
        http=Protocolo,
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
    portas = _escutar(servidor)
    esquema = "https" if servidor.tls_cert else "http"
    ditos = ["{}://{}:{}".format(esquema, *porta.getsockname()[:2]) for porta in portas]
    nomes = dict(zip(("endereco", "administracao"), ditos, strict=False))
    _log.info("escutando", processos=servidor.workers, **nomes)
    _parar_sem_sinal()
    try:
        # com vários processos os trabalhos ficam neste, que não atende ninguém
        with em_segundo_plano(configuracao):
            if varios:
                # um SIGHUP troca os processos um a um, e os novos leem os arquivos de novo
                Multiprocess(ajustes, sockets=portas).run()
            else:
                if servidor.tls_cert:
                    signal.signal(signal.SIGHUP, lambda *_: _renovar_tls(ajustes, servidor))
                uvicorn.Server(ajustes).run(sockets=portas)
    finally:
        for porta in portas:
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


def _escutar(servidor: Servidor) -> list[socket.socket]:
    """O endereço público e, se é outro, o da administração; cada processo atende os dois."""
    publica, administracao = servidor.publica, servidor.administracao
    portas = [_abrir(publica)]
    if administracao is not None:
        try:
            portas.append(_abrir(administracao))
        except OSError:
            portas[0].close()
            raise
    return portas


def _abrir(escuta: Escuta) -> socket.socket:
    familia = socket.AF_INET6 if ":" in escuta.host else socket.AF_INET
    porta = socket.create_server(escuta, family=familia, backlog=2048)
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
