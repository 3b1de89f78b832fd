"""Escrever uma resposta HTTP inteira numa conexão ASGI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.leitor import Send

CORRELACAO = b"x-correlation-id"
TEXTO = (b"content-type", b"text/plain; charset=utf-8")


def tente_em(segundos: int) -> tuple[bytes, bytes]:
    """O cabeçalho HTTP que diz quando voltar."""
    return b"retry-after", b"%d" % segundos


def nova_correlacao() -> str:
    """A identificação de uma mensagem, 128 bits sorteados em hexadecimal."""
    return os.urandom(16).hex()


async def responder(
    send: Send,
    status: int,
    corpo: bytes,
    cabecalhos: Iterable[tuple[bytes, bytes]],
    *,
    tamanho: int | None = None,
) -> None:
    """Responde de uma vez.

    Args:
        send: para onde vai a resposta.
        status: situação HTTP.
        corpo: bytes.
        cabecalhos: além do tamanho, que se escreve aqui.
        tamanho: o que se diz em Content-Length quando o corpo não vai, como a um HEAD.
    """
    dito = len(corpo) if tamanho is None else tamanho
    todos = [*cabecalhos, (b"content-length", b"%d" % dito)]
    await send({"type": "http.response.start", "status": status, "headers": todos})
    await send({"type": "http.response.body", "body": corpo})


async def nao_achado(send: Send) -> None:
    """Responde que não há nada no endereço."""
    await responder(send, 404, "Não encontrado.\n".encode(), [TEXTO])
