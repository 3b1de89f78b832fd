"""Monta o gateway de um processo: banco, recepção, porta e páginas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

import tiss_xsd
from gateway import paginas, registro
from gateway.banco import abrir
from gateway.configuracao import Configuracao, carregar
from gateway.porta import Porta, Receive, Send
from handlers.credenciais import Credenciais
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.status_protocolo import StatusProtocolo
from mensagem.parse import Limites

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from handlers.contexto import Assunto

_log = structlog.get_logger("gateway")

ASSUNTOS: tuple[Assunto, ...] = (LoteGuias(), StatusProtocolo())
"""Os serviços que este gateway executa; os demais respondem que não são oferecidos."""


class Aplicacao:
    """Aplicação ASGI de um processo, com o seu ciclo de vida.

    Args:
        configuracao: a em vigor.
    """

    def __init__(self, configuracao: Configuracao) -> None:
        self.configuracao = configuracao
        servidor = configuracao.server
        self.banco = abrir(configuracao.database)
        assuntos = {a.servico: a for a in ASSUNTOS}
        self.recepcao = Recepcao(
            self.banco,
            assuntos,
            Credenciais(self.banco),
            Limites(tamanho=servidor.max_message),
        )
        self._porta = Porta(
            self.recepcao, servidor, paginas.criar(self.banco, servidor, frozenset(assuntos))
        )

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Atende o ciclo de vida e entrega o resto à porta."""
        if scope["type"] == "lifespan":
            await self._ciclo(receive, send)
        else:
            await self._porta(scope, receive, send)

    async def _ciclo(self, receive: Receive, send: Send) -> None:
        await receive()
        # compilar agora a versão em vigor tira o custo da primeira mensagem
        tiss_xsd.esquema(tiss_xsd.versoes()[-1])
        _log.info("processo pronto", versoes=list(tiss_xsd.versoes()))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._porta.fechar()
        self.banco.fechar()
        _log.info("processo parado")
        await send({"type": "lifespan.shutdown.complete"})


def criar() -> Aplicacao:
    """Fábrica que o servidor chama em cada processo."""
    configuracao = carregar()
    registro.configurar(configuracao.log)
    return Aplicacao(configuracao)
