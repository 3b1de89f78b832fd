"""A porta SOAP sobre o Spyne, e o único módulo que o importa.

O Spyne serve de moldura (serviço, aplicação WSGI, eventos); o conteúdo dos envelopes é todo da
recepção, que recebe bytes e devolve bytes. O protocolo daqui não deixa o Spyne ler XML: ele
aceitaria entidades, dois Body, ``href`` e SwA, e daria ao serviço só o primeiro filho.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import gateway.compat_spyne  # noqa: F401 - o spyne só importa depois dele

# isort: split
import spyne.const
from spyne import AnyXml, Application, Fault, Service, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from dominio.transacoes import NS_TISS, Transacao
from handlers.andamento import Pedido, Resultado
from mensagem.envelope import Soap, fechar

# o Spyne coleta lixo dentro do pedido a cada segundo, uma pausa de dezenas de ms
spyne.const.MIN_GC_INTERVAL = float("inf")

PEDIDO = "tiss.pedido"
"""Chave do ambiente WSGI que leva o ``Pedido``."""
RESULTADO = "tiss.resultado"
"""Chave do ambiente WSGI em que fica o ``Resultado``, para registro e métricas."""

Receber = Callable[[Pedido], Resultado]


class _Falha(Fault):  # type: ignore[misc]
    """Leva um envelope de falha já pronto pelo caminho de erro do Spyne."""

    def __init__(self, resultado: Resultado) -> None:
        super().__init__("Server", "")
        self.resultado = resultado


class _Protocolo(Soap11):  # type: ignore[misc]
    """Entrada e saída em bytes; o método é sempre o único do serviço."""

    def __init__(self, metodo: str) -> None:
        super().__init__()
        self._metodo = f"{{{NS_TISS}}}{metodo}"

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        ctx.in_document = ctx.transport.req[PEDIDO]

    def decompose_incoming_envelope(self, ctx: Any, _message: Any = None) -> None:
        ctx.method_request_string = self._metodo
        ctx.in_header_doc = None
        ctx.in_body_doc = ctx.in_document

    def deserialize(self, ctx: Any, message: Any) -> None:
        del message
        ctx.in_object = [None]
        self.event_manager.fire_event("after_deserialize", ctx)

    def serialize(self, ctx: Any, message: Any) -> None:
        del message
        ctx.out_document = ctx.transport.req[RESULTADO]
        self.event_manager.fire_event("after_serialize", ctx)

    def create_out_string(self, ctx: Any, _charset: str | None = None) -> None:
        resultado: Resultado = ctx.out_document
        corpo = resultado.corpo if resultado.falha else fechar(resultado.corpo, resultado.soap)
        ctx.out_string = [corpo]

    def fault_to_http_response_code(self, fault: _Falha) -> str:
        return _linha_http(fault.resultado.http)


def _linha_http(codigo: int) -> str:
    return f"{codigo} {HTTPStatus(codigo).phrase}"


def aplicacao(transacao: Transacao, receber: Receber) -> Callable[..., Iterable[bytes]]:
    """Aplicação WSGI de um serviço, para todas as versões.

    Args:
        transacao: linha da tabela.
        receber: a recepção; nunca levanta exceção.

    Returns:
        Aplicação WSGI que espera o ``Pedido`` no ambiente e deixa nele o ``Resultado``.
    """

    def operacao(ctx: Any, _documento: None) -> Resultado:
        resultado = receber(ctx.transport.req[PEDIDO])
        ctx.transport.req[RESULTADO] = resultado
        ctx.transport.resp_headers["Content-Type"] = tipo_de_conteudo(resultado.soap)
        if resultado.falha:
            raise _Falha(resultado)
        return resultado

    operacao.__name__ = f"{transacao.nome}_Operation"
    metodo = rpc(
        AnyXml,
        _returns=AnyXml,
        _body_style="bare",
        _in_message_name=transacao.raiz_pedido,
        _out_message_name=transacao.raiz_resposta,
    )(operacao)
    servico = type(transacao.servico, (Service,), {operacao.__name__: metodo})
    protocolo = _Protocolo(transacao.raiz_pedido)
    aplicacao_spyne = Application(
        [servico],
        tns=NS_TISS,
        name=transacao.servico,
        in_protocol=protocolo,
        out_protocol=_Protocolo(transacao.raiz_pedido),
    )
    wsgi: Callable[..., Iterable[bytes]] = WsgiApplication(aplicacao_spyne, chunked=True)
    return wsgi


def tipo_de_conteudo(versao: Soap) -> str:
    """Content-Type da resposta, na versão de SOAP do pedido."""
    return f"{'application/soap+xml' if versao is Soap.V12 else 'text/xml'}; charset=utf-8"
