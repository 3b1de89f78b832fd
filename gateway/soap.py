"""A porta SOAP sobre o Spyne, e o único módulo que o importa.

O Spyne serve de moldura (serviço, aplicação, contexto e eventos); o conteúdo dos envelopes é todo
da recepção, que recebe bytes e devolve bytes. O protocolo daqui não deixa o Spyne ler XML: ele
aceitaria entidades, dois Body, ``href`` e SwA, e daria ao serviço só o primeiro filho. O transporte
também é daqui: o HTTP já foi lido e conferido antes, e um ambiente WSGI só serviria para o refazer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import gateway.compat_spyne  # noqa: F401 - o spyne só importa depois dele

# isort: split
from spyne import AnyXml, Application, MethodContext, Service, rpc
from spyne.protocol.soap import Soap11
from spyne.server import ServerBase

from dominio.transacoes import NS_TISS, Transacao
from handlers.andamento import Pedido, Resultado
from mensagem.envelope import Soap, fechar

Receber = Callable[[Pedido], Resultado]


class Atendida(NamedTuple):
    """Uma mensagem atendida.

    Attributes:
        resultado: o que a recepção deu.
        corpo: o envelope de resposta, inteiro.
    """

    resultado: Resultado
    corpo: bytes


class _Protocolo(Soap11):  # type: ignore[misc]
    """Entrada e saída em bytes; o método é sempre o único do serviço."""

    def __init__(self, metodo: str) -> None:
        super().__init__()
        self._metodo = f"{{{NS_TISS}}}{metodo}"

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        ctx.in_document = ctx.in_string

    def decompose_incoming_envelope(self, ctx: Any, _message: Any = None) -> None:
        ctx.method_request_string = self._metodo
        ctx.in_header_doc = None
        ctx.in_body_doc = ctx.in_document

    def deserialize(self, ctx: Any, message: Any) -> None:
        del message
        ctx.in_object = ctx.in_body_doc
        self.event_manager.fire_event("after_deserialize", ctx)

    def serialize(self, ctx: Any, message: Any) -> None:
        del message
        [ctx.out_document] = ctx.out_object
        self.event_manager.fire_event("after_serialize", ctx)

    def create_out_string(self, ctx: Any, _charset: str | None = None) -> None:
        resultado: Resultado = ctx.out_document
        corpo = resultado.corpo if resultado.falha else fechar(resultado.corpo, resultado.soap)
        ctx.out_string = [corpo]


class Servico(ServerBase):  # type: ignore[misc]
    """Um serviço, para todas as versões: entra um ``Pedido``, sai o envelope de resposta.

    Args:
        transacao: linha da tabela.
        receber: a recepção; nunca levanta exceção.
    """

    transport = "urn:tiss:asgi"

    def __init__(self, transacao: Transacao, receber: Receber) -> None:
        super().__init__(_aplicacao(transacao, receber))

    def atender(self, pedido: Pedido) -> Atendida:
        """Recebe uma mensagem e fecha o envelope da resposta.

        O contexto não se fecha: fechá-lo faria uma coleta de lixo por segundo dentro dos pedidos,
        cada uma uma pausa de dezenas de milissegundos.

        Raises:
            RuntimeError: a moldura não chegou ao serviço.
        """
        chegada = MethodContext(self, MethodContext.SERVER)
        chegada.in_string = pedido
        contexto, *_ = self.generate_contexts(chegada)
        self.get_in_object(contexto)
        self.get_out_object(contexto)
        if contexto.out_error is not None:
            # os erros da recepção já vêm em Resultado: isto é um defeito da moldura
            raise RuntimeError("o Spyne não executou o serviço")
        self.get_out_string(contexto)
        return Atendida(contexto.out_document, b"".join(contexto.out_string))


def _aplicacao(transacao: Transacao, receber: Receber) -> Application:
    def operacao(_ctx: Any, pedido: Pedido) -> Resultado:
        return receber(pedido)

    operacao.__name__ = f"{transacao.nome}_Operation"
    metodo = rpc(
        AnyXml,
        _returns=AnyXml,
        _body_style="bare",
        _in_message_name=transacao.raiz_pedido,
        _out_message_name=transacao.raiz_resposta,
    )(operacao)
    servico = type(transacao.servico, (Service,), {operacao.__name__: metodo})
    return Application(
        [servico],
        tns=NS_TISS,
        name=transacao.servico,
        in_protocol=_Protocolo(transacao.raiz_pedido),
        out_protocol=_Protocolo(transacao.raiz_pedido),
    )


def tipo_de_conteudo(versao: Soap) -> str:
    """Content-Type da resposta, na versão de SOAP do pedido."""
    return f"{'application/soap+xml' if versao is Soap.V12 else 'text/xml'}; charset=utf-8"
