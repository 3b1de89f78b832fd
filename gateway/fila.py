"""A sala de espera de um processo: quem não cabe espera a sua vez sem que se leia o que traz.

Cabem as mensagens que ocupam as threads e algumas mais, para que não lhes falte trabalho. As outras
não gastam memória nem processador enquanto esperam. Chama-se uma de cada endereço por volta: quem
abre cem conexões não passa à frente de quem abre uma.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from handlers.redes import rede

if TYPE_CHECKING:
    from typing import Any

_A_MAIS = 2
"""Mensagens que se leem além das que ocupam as threads, para que não lhes falte trabalho."""


class Lugar:
    """O lugar de uma mensagem entre as que se atendem.

    Attributes:
        esperou: se não o teve logo ao chegar.
    """

    __slots__ = ("_fila", "esperou")

    def __init__(self, fila: Fila, *, esperou: bool) -> None:
        self._fila: Fila | None = fila
        self.esperou = esperou

    @property
    def perdido(self) -> bool:
        """Se já é de outro."""
        return self._fila is None

    def largar(self) -> None:
        """Dá-o ao seguinte; de novo, nada faz."""
        if self._fila is not None:
            fila, self._fila = self._fila, None
            fila._passar()  # noqa: SLF001 - o par dela


class Fila:
    """Os lugares de um grupo de threads; só o laço de eventos do processo a toca.

    Args:
        threads: quantas são.
        espera_maxima: segundos que se espera por um lugar.
    """

    def __init__(self, threads: int, espera_maxima: float) -> None:
        self._livres = threads + _A_MAIS
        self._espera_maxima = espera_maxima
        self._salas: dict[str, deque[asyncio.Future[bool]]] = {}

    async def entrar(self, endereco: str) -> Lugar | None:
        """Um lugar, logo ou quando chega a vez; ``None`` se não chegou a tempo."""
        if self._livres and not self._salas:
            self._livres -= 1
            return Lugar(self, esperou=False)
        laco = asyncio.get_running_loop()
        vez: asyncio.Future[bool] = laco.create_future()
        self._salas.setdefault(rede(endereco), deque()).append(vez)
        laco.call_later(self._espera_maxima, _desistir, vez)
        return Lugar(self, esperou=True) if await vez else None

    def _passar(self) -> None:
        while self._salas:
            de_quem = next(iter(self._salas))
            sala = self._salas.pop(de_quem)
            vez = sala.popleft()
            if sala:
                # para o fim da volta
                self._salas[de_quem] = sala
            if not vez.done():
                vez.set_result(True)
                return
        self._livres += 1


def _desistir(vez: asyncio.Future[Any]) -> None:
    if not vez.done():
        vez.set_result(False)
