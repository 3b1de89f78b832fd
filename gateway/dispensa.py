"""A resposta a uma mensagem que nem se lê: o limite de um prestador, ou um processo cheio.

Dizer que não tem de custar muito menos do que atender, ou é o que um processo cheio passa a fazer:
os bytes estão prontos, e o que se conta e se regista, conta-se por atacado.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros
from gateway import metricas
from gateway.leitor import TENTE_LOGO, escoar, responder_e_fechar
from gateway.respostas import CORRELACAO, nova_correlacao, responder
from gateway.soap import tipo_de_conteudo
from mensagem import envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dominio.erros import Erro
    from dominio.transacoes import Transacao
    from gateway.leitor import Receive, Send
    from handlers.andamento import Pedido
    from mensagem.envelope import Soap

_log = structlog.get_logger("porta")
_LINHA = 1.0
"""Segundos entre duas linhas no registro, e entre duas somas nas métricas."""
_PAUSA = 0.5
"""Segundos que se demora a responder a quem passa do limite: repetindo sem esperar gastaria, a
ouvir que espere, tanto como a ser atendido. Ocupa uma conexão e nada mais."""


class _Qual(NamedTuple):
    """O que se conta junto."""

    erro: Erro
    transacao: Transacao | None
    versao: str | None


class _Contagem:
    """As que se dispensaram; vê-se logo a primeira, e as seguintes de segundo em segundo."""

    def __init__(self) -> None:
        self._por_dizer: Counter[_Qual] = Counter()
        self._dito_em = -_LINHA

    def mais_uma(self, qual: _Qual) -> None:
        falta = self._dito_em + _LINHA - time.monotonic()
        if falta > 0 and not self._por_dizer:
            asyncio.get_running_loop().call_later(falta, self._dizer)
        self._por_dizer[qual] += 1
        if falta <= 0:
            self._dizer()

    def _dizer(self) -> None:
        por_erro: Counter[str] = Counter()
        for (erro, transacao, versao), quantas in self._por_dizer.items():
            servico = transacao.servico if transacao else None
            metricas.registrar_dispensadas(servico, versao, erro.chave, quantas)
            por_erro[erro.chave] += quantas
        self._por_dizer.clear()
        self._dito_em = time.monotonic()
        for chave, quantas in por_erro.items():
            _log.warning("mensagens dispensadas", erro=chave, quantas=quantas)


_contagem = _Contagem()


@cache
def _falha(erro: Erro, versao: Soap) -> bytes:
    return envelope.falha(erro.fault, erro.texto, versao, "Server")


@cache
def _pronta(versao: Soap) -> tuple[bytes, bytes, bytes]:
    """A resposta de um processo cheio: antes da data, antes da correlação, e depois dela."""
    corpo = _falha(erros.SOBRECARGA, versao)
    linhas = [(b"content-type", tipo_de_conteudo(versao).encode()), TENTE_LOGO]
    linhas.append((b"content-length", b"%d" % len(corpo)))
    cabecalhos = b"".join(b"%s: %s\r\n" % linha for linha in linhas)
    return (
        b"HTTP/1.1 503 Service Unavailable\r\n",
        cabecalhos + CORRELACAO + b": ",
        b"\r\n\r\n" + corpo,
    )


def sobrecarga(
    transacao: Transacao | None,
    versao: str | None,
    soap: Soap,
    cabecalhos: Iterable[tuple[bytes, bytes]],
) -> bytes:
    """Os bytes com que um processo cheio responde a quem nem chega a ser um pedido ASGI.

    Args:
        transacao: a do endereço.
        versao: a do endereço.
        soap: versão da falha.
        cabecalhos: os que o servidor põe em toda resposta, como a data.
    """
    _contagem.mais_uma(_Qual(erros.SOBRECARGA, transacao, versao))
    inicio, meio, fim = _pronta(soap)
    do_servidor = b"".join(b"%s: %s\r\n" % linha for linha in cabecalhos)
    return b"".join((inicio, do_servidor, meio, nova_correlacao().encode(), fim))


async def dispensar(
    pedido: Pedido,
    erro: Erro,
    *,
    cabecalhos: dict[bytes, bytes],
    saida: Iterable[tuple[bytes, bytes]],
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
    _contagem.mais_uma(_Qual(erro, pedido.transacao, pedido.versao))
    if erro is erros.LIMITE:
        await asyncio.sleep(_PAUSA)
    corpo = _falha(erro, pedido.soap)
    todos = [(b"content-type", tipo_de_conteudo(pedido.soap).encode()), *saida]
    if receive is not None and not await escoar(cabecalhos, receive):
        await responder_e_fechar(send, receive, erro.http, corpo, todos)
        return
    await responder(send, erro.http, corpo, todos)
