"""Quanto uma mensagem esperaria pela sua vez: o bastante para não a aceitar, se é demais.

Mede-se o tempo que as últimas ocuparam uma thread; as que estão à frente dizem o resto. Contar só
mensagens não serviria: cem consultas passam no tempo de cinco lotes de cem guias.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

T = TypeVar("T")

_PESO = 0.05
"""De cada medida nova na média: esta esquece o que foi há umas dezenas de mensagens."""


class Fila:
    """As mensagens lidas que esperam por threads; só o laço de eventos do processo a toca.

    Args:
        executor: as threads.
        threads: quantas são.
    """

    def __init__(self, executor: Executor, threads: int) -> None:
        self._executor = executor
        self._threads = threads
        self._quantas = 0
        self._media = 0.0

    def espera(self) -> float:
        """Segundos que uma mensagem que chegasse agora esperaria por uma thread."""
        return max(0, self._quantas - self._threads + 1) * self._media / self._threads

    async def executar(self, fazer: Callable[..., T], *argumentos: object) -> T:
        """Faz algo numa thread, quando chega a sua vez."""
        self._quantas += 1
        try:
            feito, segundos = await asyncio.get_running_loop().run_in_executor(
                self._executor, _medido, fazer, *argumentos
            )
        finally:
            self._quantas -= 1
        self._media += (segundos - self._media) * (_PESO if self._media else 1.0)
        return feito


def _medido(fazer: Callable[..., T], *argumentos: object) -> tuple[T, float]:
    inicio = time.perf_counter()
    return fazer(*argumentos), time.perf_counter() - inicio
