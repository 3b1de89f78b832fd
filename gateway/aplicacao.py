"""Monta o gateway de um processo: banco, recepção, porta e páginas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

import tiss_xsd
from gateway import confianca, paginas, registro, webhooks
from gateway.a_vista import configuracao_a_vista
from gateway.antivirus import antivirus
from gateway.armazem import arquivos
from gateway.assinante import assinante
from gateway.banco import abrir, ligar_replica
from gateway.chaveiro import cifra
from gateway.configuracao import Configuracao, carregar
from gateway.porta import Porta
from gateway.porta_do_console import PortaDoConsole
from gateway.repasse import Nucleos
from handlers.cancela_guia import CancelaGuia
from handlers.cota import Cota
from handlers.credenciais import Credenciais
from handlers.demonstrativo import Demonstrativos
from handlers.envio_documentos import Deposito, EnvioDocumentos
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.recurso_glosa import RecursoGlosa
from handlers.repasse import Repasse
from handlers.ritmo import Ritmo
from handlers.status_protocolo import StatusProtocolo
from handlers.status_recurso import StatusRecurso
from mensagem.parse import Limites
from persistence.baldes import Limite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from datetime import datetime

    from gateway.leitor import Leitor, Receive, Send
    from gateway.secoes.documentos import Documentos
    from handlers.contexto import Assunto
    from mensagem.assinatura import Assinante
    from persistence.banco import Banco

_log = structlog.get_logger("gateway")

_MARCAS_DE_DOCUMENTO = 200_000
"""Bytes ``<`` de uma mensagem com documento, que tem uns quarenta elementos."""

ASSUNTOS: tuple[Assunto, ...] = (
    LoteGuias(),
    StatusProtocolo(),
    CancelaGuia(),
    EnvioDocumentos(),
    Demonstrativos(),
    RecursoGlosa(),
    StatusRecurso(),
)
"""Os serviços que este gateway executa; os demais respondem que não são oferecidos."""


def recepcao(
    banco: Banco,
    limites: Limites,
    nucleos: Nucleos | None = None,
    *,
    cota_diaria: int | None = None,
    documentos: Documentos | None = None,
    assinar_com: Assinante | None = None,
    ritmo: Limite | None = None,
) -> Recepcao:
    """A recepção de um gateway de verdade, diante dos sistemas da operadora se os há."""
    cota = None if cota_diaria is None else Cota(banco, cota_diaria)
    repasse = None if nucleos is None else Repasse(banco, nucleos)
    assuntos = {a.servico: a for a in ASSUNTOS}
    if documentos is not None:
        assuntos["tissEnvioDocumentos"] = EnvioDocumentos(deposito(documentos))
    return Recepcao(
        banco,
        assuntos,
        Credenciais(banco),
        limites,
        repasse=repasse,
        cota=cota,
        assinar_com=assinar_com,
        ritmo=None if ritmo is None else Ritmo(banco, ritmo),
    )


def deposito(ajustes: Documentos) -> Deposito:
    """Onde e como se guardam os documentos, pela configuração."""
    return Deposito(arquivos(ajustes), ajustes.max_content, antivirus(ajustes))


def limites(configuracao: Configuracao) -> Limites:
    """O que se aceita ler; de quem leva um documento aceita-se mais, e só dele."""
    de_documentos = Limites(
        tamanho=configuracao.documents.max_message, marcas=_MARCAS_DE_DOCUMENTO, texto_longo=True
    )
    return Limites(tamanho=configuracao.server.max_message, documentos=de_documentos)


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
        self.banco = abrir(configuracao.database, cifra(configuracao.archive))
        ligar_replica(self.banco, configuracao.database, cifra(configuracao.archive))
        self.recepcao = montar(self.banco, limites(configuracao))
        self._nucleos = nucleos
        repassados = {} if nucleos is None else nucleos.threads
        oferecidos = frozenset({a.servico for a in ASSUNTOS} | set(repassados))
        vencem = confianca.proprios(configuracao)
        self._porta = Porta(
            self.recepcao,
            servidor,
            paginas.criar(
                self.banco,
                servidor,
                oferecidos,
                configuracao.trust.expiry_warning,
                vencem,
            ),
            cabecalho_do_cenario,
            {"tissEnvioDocumentos": configuracao.documents.threads, **repassados},
            documentos=configuracao.documents,
            deposito=deposito(configuracao.documents),
            console=self._console(vencem),
            banco=self.banco,
            conferir_destino=webhooks.conferir(configuracao.webhooks),
            espera_maxima=configuracao.limits.max_wait,
        )

    def _console(self, vencem: Mapping[str, datetime]) -> Callable[[Leitor], PortaDoConsole] | None:
        """Quem faz as páginas, se se servem."""
        c = self.configuracao
        if not c.console.enabled:
            return None
        repassados = {s for s, ajuste in c.repasse.root.items() if ajuste.modo == "repassa"}
        return partial(
            PortaDoConsole,
            self.recepcao,
            c.server,
            c.console,
            self.banco,
            deposito=deposito(c.documents),
            ensaiar=partial(recepcao, limites=limites(c), documentos=c.documents),
            repassados=frozenset(repassados),
            conferir_destino=webhooks.conferir(c.webhooks),
            configuracao=configuracao_a_vista(c),
            vencem=vencem,
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
    nucleos = Nucleos(configuracao.repasse.root) if configuracao.repasse.root else None
    montar = partial(
        recepcao,
        nucleos=nucleos,
        cota_diaria=configuracao.server.max_unknown_daily,
        documentos=configuracao.documents,
        assinar_com=assinante(configuracao.signature),
        ritmo=Limite(configuracao.limits.per_minute, configuracao.limits.burst),
    )
    return Aplicacao(configuracao, montar, nucleos=nucleos)
