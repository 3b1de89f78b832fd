"""A sala de espera de um processo: quem não cabe espera a sua vez sem que se leia o que traz.

Cabem as mensagens que ocupam as threads e algumas mais, para que não lhes falte trabalho. As outras
não gastam memória nem processador enquanto esperam. Chama-se uma de cada endereço por volta: quem
abre cem conexões não passa à frente de quem abre uma. Quem, pelo passo a que a sala anda, não teria
a vez a tempo, ouve-o logo ao chegar.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from handlers.redes import rede

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_A_MAIS = 2
"""Mensagens que se leem além das que ocupam as threads, para que não lhes falte trabalho."""
_AMOSTRAS = 20
"""Mensagens que têm de passar pela sala para se saber a que passo ela anda."""
_PESO = 0.05
"""Quanto conta, no passo, a última mensagem que entrou."""
_FOLGA = 0.8
"""Da espera máxima, a que se deixa prometer: o passo é uma estimativa."""


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
        relogio: segundos monotônicos; trocado em testes.
    """

    def __init__(
        self, threads: int, espera_maxima: float, relogio: Callable[[], float] = time.monotonic
    ) -> None:
        self._livres = threads + _A_MAIS
        self._espera_maxima = espera_maxima
        self._relogio = relogio
        self._salas: dict[str, deque[asyncio.Future[bool]]] = {}
        self._a_espera = 0
        self._passo = 0.0
        self._amostras = 0
        self._passou_em: float | None = None

    @property
    def ha_quem_espere(self) -> bool:
        """Se todos os lugares estão tomados e alguém os espera."""
        return bool(self._salas)

    def cabe(self, endereco: str) -> bool:
        """Se quem chega agora deve ter lugar dentro da espera máxima."""
        if not self._salas or self._amostras < _AMOSTRAS:
            return True
        # por volta passa um de cada sala
        voltas = len(self._salas.get(rede(endereco), ())) + 1
        a_frente = min(voltas * len(self._salas), self._a_espera + 1)
        return a_frente * self._passo <= _FOLGA * self._espera_maxima

    async def entrar(self, endereco: str) -> Lugar | None:
        """Um lugar, logo ou quando chega a vez; ``None`` se não chega a tempo."""
        if self._livres and not self._salas:
            self._livres -= 1
            return Lugar(self, esperou=False)
        if not self.cabe(endereco):
            return None
        laco = asyncio.get_running_loop()
        vez: asyncio.Future[bool] = laco.create_future()
        self._salas.setdefault(rede(endereco), deque()).append(vez)
        self._a_espera += 1
        prazo = laco.call_later(self._espera_maxima, _desistir, vez)
        try:
            return Lugar(self, esperou=True) if await vez else None
        finally:
            prazo.cancel()

    def _passar(self) -> None:
        while self._salas:
            de_quem = next(iter(self._salas))
            sala = self._salas.pop(de_quem)
            vez = sala.popleft()
            self._a_espera -= 1
            if sala:
                # para o fim da volta
                self._salas[de_quem] = sala
            if not vez.done():
                self._medir()
                vez.set_result(True)
                return
        self._livres += 1
        # sem ninguém à espera não há passo que medir
        self._passou_em = None

    def _medir(self) -> None:
        """Anota quanto a sala demorou a andar."""
        agora = self._relogio()
        if self._passou_em is not None:
            # no começo, a média de todas
            peso = max(_PESO, 1 / (self._amostras + 1))
            self._passo += peso * (agora - self._passou_em - self._passo)
            self._amostras += 1
        self._passou_em = agora


def _desistir(vez: asyncio.Future[Any]) -> None:
    if not vez.done():
        vez.set_result(False)
