"""Monta o gateway de um processo: banco, recepção, porta e páginas."""

from __future__ import annotations

import gc
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
from gateway.leitor import Leitor
from gateway.origem import Origem
from gateway.porta import Porta
from gateway.porta_da_api import PortaDaApi
from gateway.porta_do_console import PortaDoConsole
from gateway.portaria import Partes, Portaria
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
    from collections.abc import Callable, Iterable, Mapping, MutableMapping
    from datetime import datetime

    from gateway.leitor import Receive, Scope, Send
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
        vencem = confianca.proprios(configuracao)
        self._portaria = Portaria(
            self._partes(repassados, vencem, cabecalho_do_cenario), servidor.administracao
        )

    def _partes(
        self,
        repassados: Mapping[str, int],
        vencem: Mapping[str, datetime],
        cabecalho_do_cenario: str | None,
    ) -> Partes:
        """O que a configuração manda servir."""
        c, servidor = self.configuracao, self.configuracao.server
        oferecidos = frozenset({a.servico for a in ASSUNTOS} | set(repassados))
        origem = Origem(servidor)
        leitor = Leitor(servidor.memory_budget, servidor.body_timeout)
        soap = api = None
        if "soap" in servidor.only:
            soap = Porta(
                self.recepcao,
                servidor,
                origem,
                leitor,
                cabecalho_do_cenario=cabecalho_do_cenario,
                proprias={"tissEnvioDocumentos": c.documents.threads, **repassados},
                documentos=c.documents,
                espera_maxima=c.limits.max_wait,
            )
        if "api" in servidor.only:
            api = PortaDaApi(
                self.recepcao,
                servidor,
                origem,
                leitor,
                self.banco,
                deposito=deposito(c.documents),
                conferir_destino=webhooks.conferir(c.webhooks),
                espera_maxima=c.limits.max_wait,
            )
        vistas = paginas.criar(self.banco, servidor, oferecidos, c.trust.expiry_warning, vencem)
        return Partes(vistas, soap, api, self._console(leitor, vencem))

    def _console(self, leitor: Leitor, vencem: Mapping[str, datetime]) -> PortaDoConsole | None:
        """As páginas de quem entra, se se servem."""
        c = self.configuracao
        if not c.console.enabled or "console" not in c.server.only:
            return None
        repassados = {s for s, ajuste in c.repasse.root.items() if ajuste.modo == "repassa"}
        return PortaDoConsole(
            self.recepcao,
            c.server,
            c.console,
            self.banco,
            leitor,
            deposito=deposito(c.documents),
            ensaiar=partial(recepcao, limites=limites(c), documentos=c.documents),
            repassados=frozenset(repassados),
            conferir_destino=webhooks.conferir(c.webhooks),
            configuracao=configuracao_a_vista(c),
            vencem=vencem,
            espera_maxima=c.limits.max_wait,
        )

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Atende o ciclo de vida e entrega o resto à portaria."""
        if scope["type"] == "lifespan":
            await self._ciclo(receive, send)
        else:
            await self._portaria(scope, receive, send)

    def sobrecarga(self, scope: Scope, cabecalhos: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        """A resposta inteira a uma mensagem que, de tão cheio o processo, não se atenderia.

        Args:
            scope: o do pedido.
            cabecalhos: os que o servidor põe em toda resposta.

        Returns:
            Bytes; ``None`` se o pedido se atende como os outros.
        """
        return self._portaria.sobrecarga(scope, cabecalhos)

    async def _ciclo(self, receive: Receive, send: Send) -> None:
        await receive()
        # compilar agora a versão em vigor tira o custo da primeira mensagem
        tiss_xsd.esquema(tiss_xsd.versoes()[-1])
        # o que se carregou vive até ao fim: percorrê-lo em cada coleta completa pararia todas as
        # mensagens um décimo de segundo
        gc.collect()
        gc.freeze()
        _log.info("processo pronto", versoes=list(tiss_xsd.versoes()))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._portaria.fechar()
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
