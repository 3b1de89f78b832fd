"""Um pedido demorado de cada um por vez, para que um só não ocupe as threads de todos."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dominio import erros
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class _Vez:
    __slots__ = ("quantos", "tranca")

    def __init__(self) -> None:
        self.tranca = asyncio.Lock()
        self.quantos = 0


class UmPorVez:
    """Quem já tem um pedido em curso espera que ele acabe; só o laço de eventos a toca.

    Args:
        espera_maxima: segundos que se espera.
    """

    def __init__(self, espera_maxima: float) -> None:
        self._espera_maxima = espera_maxima
        self._vezes: dict[str, _Vez] = {}

    @asynccontextmanager
    async def de(self, quem: str) -> AsyncIterator[None]:
        """A vez de alguém, enquanto dura o bloco.

        Raises:
            Recusa: SOBRECARGA, se o pedido anterior não acabou a tempo.
        """
        vez = self._vezes.setdefault(quem, _Vez())
        vez.quantos += 1
        try:
            try:
                async with asyncio.timeout(self._espera_maxima):
                    await vez.tranca.acquire()
            except TimeoutError:
                motivo = "Há outro envio seu em curso; espere que acabe."
                raise Recusa(erros.SOBRECARGA, motivo) from None
            try:
                yield
            finally:
                vez.tranca.release()
        finally:
            vez.quantos -= 1
            if not vez.quantos:
                del self._vezes[quem]
