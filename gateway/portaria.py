"""Quem atende cada pedido HTTP: os serviços, a API, o console, ou as páginas de quem vigia.

Com um endereço só da administração, a API, o console e as métricas não existem no público, nem os
serviços naquele; a saúde responde-se nos dois.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gateway import enderecos
from gateway.porta_da_api import PREFIXO as PREFIXO_DA_API
from gateway.porta_do_console import e_do_console
from gateway.respostas import nao_achado

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.escuta import Escuta
    from gateway.leitor import Receive, Scope, Send
    from gateway.porta import Porta
    from gateway.porta_da_api import PortaDaApi
    from gateway.porta_do_console import PortaDoConsole

_SAUDE = "/health/"
_METRICAS = "/metrics"


class Partes(NamedTuple):
    """O que este processo serve; o que falta não existe nele.

    Attributes:
        paginas: a página pública, a saúde e as métricas.
        soap: os serviços.
        api: a API da operadora e o envio de mensagens em arquivo.
        console: as páginas de quem entra.
    """

    paginas: Any
    soap: Porta | None = None
    api: PortaDaApi | None = None
    console: PortaDoConsole | None = None


class Portaria:
    """Aplicação ASGI que entrega cada pedido à sua parte.

    Args:
        partes: o que se serve.
        administracao: onde se escuta só para a administração; ausente, é tudo num endereço.
    """

    def __init__(self, partes: Partes, administracao: Escuta | None = None) -> None:
        self._partes = partes
        self._administracao = administracao

    def fechar(self) -> None:
        """Espera os pedidos em curso e solta as threads."""
        for parte in (self._partes.soap, self._partes.api, self._partes.console):
            if parte is not None:
                parte.fechar()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atende um pedido, ou diz que neste endereço não há nada."""
        caminho = scope["path"]
        publico = self._publico(scope)
        da_administracao = self._administracao is None or not publico
        rota = enderecos.achar(caminho)
        if rota is not None:
            if publico and self._partes.soap is not None:
                await self._partes.soap(scope, rota, receive, send)
                return
        elif (quem := self._quem(caminho, publico, da_administracao)) is not None:
            await quem(scope, receive, send)
            return
        await nao_achado(send)

    def sobrecarga(self, scope: Scope, cabecalhos: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        """A resposta a uma mensagem para que não há lugar; ``None`` se se atende.

        Args:
            scope: o do pedido.
            cabecalhos: os que o servidor põe em toda resposta.
        """
        soap = self._partes.soap
        if soap is None or not soap.cheia:
            return None
        rota = enderecos.achar(scope["path"])
        if rota is None or not self._publico(scope):
            return None
        return soap.sobrecarga(scope, rota, cabecalhos)

    def _publico(self, scope: Scope) -> bool:
        """Se a conexão entrou pelo endereço dos serviços."""
        return self._administracao is None or not self._administracao.e(scope["server"])

    def _quem(self, caminho: str, publico: bool, da_administracao: bool) -> Any:
        """Quem atende um caminho que não é de serviço; ``None`` se ninguém."""
        partes = self._partes
        if caminho.startswith(_SAUDE):
            return partes.paginas
        if caminho.startswith(PREFIXO_DA_API):
            return partes.api if da_administracao else None
        if e_do_console(caminho):
            return partes.console if da_administracao else None
        if caminho == _METRICAS:
            return partes.paginas if da_administracao else None
        return partes.paginas if publico and partes.soap is not None else None
