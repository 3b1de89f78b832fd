"""A resposta a uma mensagem que nem se lê: o limite de um prestador, ou um processo cheio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway import soap
from gateway.leitor import escoar, responder_e_fechar
from gateway.recebidas import anotar
from handlers.andamento import Resultado
from mensagem import envelope

if TYPE_CHECKING:
    from dominio.erros import Erro
    from gateway.leitor import Receive, Send
    from handlers.andamento import Pedido

_PAUSA = 0.5
"""Segundos que se demora a responder: quem repete sem esperar gastaria, a ouvir que espere, mais
do que uma mensagem atendida. Ocupa uma conexão e nada mais."""


def tente_em(segundos: int) -> tuple[bytes, bytes]:
    """O cabeçalho HTTP que diz quando voltar."""
    return b"retry-after", str(segundos).encode()


async def dispensar(
    pedido: Pedido,
    erro: Erro,
    *,
    cabecalhos: dict[bytes, bytes],
    saida: list[tuple[bytes, bytes]],
    receive: Receive,
    send: Send,
) -> None:
    """Responde uma falha sem thread, sem banco e sem arquivo; quem enviou repete.

    Args:
        pedido: a mensagem, sem os seus bytes.
        erro: por que não se lê.
        cabecalhos: os do HTTP.
        saida: cabeçalhos da resposta, além do tipo e do tamanho.
        receive: de onde o corpo viria.
        send: para onde vai a resposta.
    """
    resultado = Resultado(
        envelope.falha(erro.fault, erro.texto, pedido.soap, "Server"),
        falha=True,
        http=erro.http,
        soap=pedido.soap,
        desfecho="recusada",
        erro=erro.chave,
        servico=pedido.transacao.servico if pedido.transacao else None,
        versao=pedido.versao,
    )
    anotar(pedido, resultado, 0.0, 0)
    await asyncio.sleep(_PAUSA)
    todos = [(b"content-type", soap.tipo_de_conteudo(resultado).encode()), *saida]
    if not await escoar(cabecalhos, receive):
        await responder_e_fechar(send, receive, resultado.http, resultado.corpo, todos)
        return
    todos.append((b"content-length", str(len(resultado.corpo)).encode()))
    await send({"type": "http.response.start", "status": resultado.http, "headers": todos})
    await send({"type": "http.response.body", "body": resultado.corpo})
