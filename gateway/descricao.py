"""As descrições dos serviços, WSDL e XSD, nos endereços em que se enviam as mensagens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tiss_xsd
import wsdl
from gateway import enderecos
from gateway.respostas import nao_achado, responder

if TYPE_CHECKING:
    from gateway.enderecos import Rota
    from gateway.leitor import Scope, Send
    from gateway.origem import Origem
    from gateway.threads import Threads

_CABECALHOS = (
    (b"content-type", b"text/xml; charset=utf-8"),
    # o endereço vem do pedido: ninguém no caminho deve guardar o de um para outro
    (b"cache-control", b"no-store"),
)


class Descricoes:
    """Serve ``?wsdl`` e ``?xsd=``.

    Args:
        origem: diz o endereço público.
        threads: onde se montam os documentos.
    """

    def __init__(self, origem: Origem, threads: Threads) -> None:
        self._origem = origem
        self._threads = threads

    async def servir(self, scope: Scope, rota: Rota, send: Send) -> None:
        """Responde a um GET ou HEAD de um endereço de serviço."""
        consulta = scope["query_string"].decode("latin-1")
        chave, _, valor = consulta.partition("=")
        base = self._origem.base(scope)
        corpo = await self._threads.fazer(_documento, rota, chave.lower(), valor, base)
        if corpo is None:
            await nao_achado(send)
            return
        enviado = corpo if scope["method"] == "GET" else b""
        await responder(send, 200, enviado, _CABECALHOS, tamanho=len(corpo))


def _documento(rota: Rota, chave: str, valor: str, base: str) -> bytes | None:
    transacao, versao = rota
    if transacao is None or versao is None or versao not in tiss_xsd.versoes():
        return None
    if not transacao.existe_em(versao):
        return None
    endereco = base + enderecos.proprio(transacao, versao)
    if chave in ("", "wsdl", "singlewsdl"):
        return wsdl.documento(transacao, versao, endereco)
    if chave == "xsd":
        try:
            return tiss_xsd.publicado(versao, valor, endereco)
        except tiss_xsd.ArquivoDesconhecido:
            return None
    return None
