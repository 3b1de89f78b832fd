"""A resposta a uma mensagem que nem se lê: o limite de um prestador, ou um processo cheio."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import structlog

from dominio import erros
from gateway import metricas, soap
from gateway.leitor import escoar, responder_e_fechar
from handlers.andamento import Resultado
from mensagem import envelope

if TYPE_CHECKING:
    from dominio.erros import Erro
    from gateway.leitor import Receive, Send
    from handlers.andamento import Pedido
    from mensagem.envelope import Soap

_log = structlog.get_logger("porta")
_LINHA = 1.0
"""Segundos entre duas linhas no registro."""
_PAUSA = 0.5
"""Segundos que se demora a responder a quem passa do limite: repetindo sem esperar gastaria, a
ouvir que espere, tanto como a ser atendido. Ocupa uma conexão e nada mais."""


def tente_em(segundos: int) -> tuple[bytes, bytes]:
    """O cabeçalho HTTP que diz quando voltar."""
    return b"retry-after", str(segundos).encode()


_por_dizer: Counter[str] = Counter()
_dito_em: dict[str, float] = {}


def _anotar(erro: Erro) -> None:
    """Uma linha por segundo, e não por mensagem: são muitas quando menos se pode gastar."""
    _por_dizer[erro.chave] += 1
    agora = time.monotonic()
    if agora - _dito_em.get(erro.chave, -_LINHA) >= _LINHA:
        _dito_em[erro.chave] = agora
        _log.warning("mensagens dispensadas", erro=erro.chave, quantas=_por_dizer.pop(erro.chave))


@cache
def _falha(erro: Erro, versao: Soap) -> bytes:
    return envelope.falha(erro.fault, erro.texto, versao, "Server")


async def dispensar(
    pedido: Pedido,
    erro: Erro,
    *,
    cabecalhos: dict[bytes, bytes],
    saida: list[tuple[bytes, bytes]],
    receive: Receive | None,
    send: Send,
) -> None:
    """Responde uma falha sem thread, sem banco e sem arquivo; quem enviou repete.

    Args:
        pedido: a mensagem, sem os seus bytes.
        erro: por que não se lê.
        cabecalhos: os do HTTP.
        saida: cabeçalhos da resposta, além do tipo e do tamanho.
        receive: de onde o corpo viria; ausente se já se leu.
        send: para onde vai a resposta.
    """
    resultado = Resultado(
        _falha(erro, pedido.soap),
        falha=True,
        http=erro.http,
        soap=pedido.soap,
        desfecho="recusada",
        erro=erro.chave,
        servico=pedido.transacao.servico if pedido.transacao else None,
        versao=pedido.versao,
    )
    metricas.registrar(resultado, 0.0)
    _anotar(erro)
    if erro is erros.LIMITE:
        await asyncio.sleep(_PAUSA)
    todos = [(b"content-type", soap.tipo_de_conteudo(resultado).encode()), *saida]
    if receive is not None and not await escoar(cabecalhos, receive):
        await responder_e_fechar(send, receive, resultado.http, resultado.corpo, todos)
        return
    todos.append((b"content-length", str(len(resultado.corpo)).encode()))
    await send({"type": "http.response.start", "status": resultado.http, "headers": todos})
    await send({"type": "http.response.body", "body": resultado.corpo})
