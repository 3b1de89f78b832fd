"""Monta o gateway de um processo: banco, recepção, porta e páginas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

import tiss_xsd
from gateway import paginas, registro
from gateway.banco import abrir
from gateway.configuracao import Configuracao, carregar
from gateway.porta import Porta
from gateway.repasse import Nucleos
from handlers.credenciais import Credenciais
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.repasse import Repasse
from handlers.status_protocolo import StatusProtocolo
from mensagem.parse import Limites

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from gateway.leitor import Receive, Send
    from handlers.contexto import Assunto
    from persistence.banco import Banco

_log = structlog.get_logger("gateway")

ASSUNTOS: tuple[Assunto, ...] = (LoteGuias(), StatusProtocolo())
"""Os serviços que este gateway executa; os demais respondem que não são oferecidos."""


def recepcao(banco: Banco, limites: Limites, nucleos: Nucleos | None = None) -> Recepcao:
    """A recepção de um gateway de verdade, diante dos sistemas da operadora se os há."""
    repasse = None if nucleos is None else Repasse(banco, nucleos)
    assuntos = {a.servico: a for a in ASSUNTOS}
    return Recepcao(banco, assuntos, Credenciais(banco), limites, repasse=repasse)


class Aplicacao:
    """Aplicação ASGI de um processo, com o seu ciclo de vida.

    Args:
        configuracao: a em vigor.
        montar: faz a recepção; o simulador tem a sua.
        cabecalho_do_cenario: cabeçalho HTTP de que um simulador tira o cenário.
        nucleos: sistemas da operadora a que se repassam mensagens.
    """

    def __init__(
        self,
        configuracao: Configuracao,
        montar: Callable[[Banco, Limites], Recepcao] = recepcao,
        cabecalho_do_cenario: str | None = None,
        nucleos: Nucleos | None = None,
    ) -> None:
        self.configuracao = configuracao
        tiss_xsd.usar_pasta(configuracao.schemas.folder)
        servidor = configuracao.server
        self.banco = abrir(configuracao.database)
        self.recepcao = montar(self.banco, Limites(tamanho=servidor.max_message))
        self._nucleos = nucleos
        repassados = {} if nucleos is None else nucleos.threads
        oferecidos = frozenset({a.servico for a in ASSUNTOS} | set(repassados))
        self._porta = Porta(
            self.recepcao,
            servidor,
            paginas.criar(self.banco, servidor, oferecidos),
            cabecalho_do_cenario,
            repassados,
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
        if self._nucleos is not None:
            self._nucleos.fechar()
        self.banco.fechar()
        _log.info("processo parado")
        await send({"type": "lifespan.shutdown.complete"})


def criar() -> Aplicacao:
    """Fábrica que o servidor chama em cada processo."""
    configuracao = carregar()
    registro.configurar(configuracao.log)
    if not configuracao.repasse.root:
        return Aplicacao(configuracao)
    nucleos = Nucleos(configuracao.repasse.root)
    return Aplicacao(configuracao, partial(recepcao, nucleos=nucleos), nucleos=nucleos)
