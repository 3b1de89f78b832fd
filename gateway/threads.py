"""Threads a que o laço de eventos entrega o que demora, com o mínimo entre um e outras.

É o que ``run_in_executor`` faz, sem o futuro de ``concurrent.futures`` pelo meio, com a sua tranca
e a sua cadeia: numa mensagem pequena isso pesava tanto como ler o HTTP.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

_T = TypeVar("_T")
_Trabalho: TypeAlias = (
    "tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]"
)


class Threads:
    """Um grupo de threads; só o laço de eventos do processo lhe entrega trabalho.

    Args:
        quantas: no máximo; cada uma nasce quando faz falta.
        nome: com que cada uma se chama.
    """

    def __init__(self, quantas: int, nome: str) -> None:
        self._quantas = quantas
        self._nome = nome
        self._por_fazer: SimpleQueue[_Trabalho | None] = SimpleQueue()
        self._vivas: list[threading.Thread] = []
        self._em_curso = 0

    async def fazer(self, funcao: Callable[..., _T], *argumentos: Any) -> _T:
        """O que uma função devolve, ou levanta, feita numa das threads."""
        laco = asyncio.get_running_loop()
        feito: asyncio.Future[_T] = laco.create_future()
        self._em_curso += 1
        if self._em_curso > len(self._vivas) < self._quantas:
            self._nascer()
        self._por_fazer.put((laco, feito, funcao, argumentos))
        try:
            return await feito
        finally:
            self._em_curso -= 1

    def fechar(self) -> None:
        """Espera o que está em curso e solta as threads."""
        for _ in self._vivas:
            self._por_fazer.put(None)
        for viva in self._vivas:
            viva.join()

    def _nascer(self) -> None:
        nome = f"{self._nome}_{len(self._vivas)}"
        viva = threading.Thread(target=self._trabalhar, name=nome, daemon=True)
        self._vivas.append(viva)
        viva.start()

    def _trabalhar(self) -> None:
        while (trabalho := self._por_fazer.get()) is not None:
            laco, feito, funcao, argumentos = trabalho
            # um laço que já fechou não tem a quem dizer
            with suppress(RuntimeError):
                try:
                    resultado = funcao(*argumentos)
                except BaseException as erro:  # noqa: BLE001 - quem espera é que o recebe
                    laco.call_soon_threadsafe(_falhar, feito, erro)
                else:
                    laco.call_soon_threadsafe(_entregar, feito, resultado)
            # a mensagem não fica presa a uma thread parada
            del trabalho, laco, feito, funcao, argumentos
            resultado = None


def _entregar(feito: asyncio.Future[Any], resultado: Any) -> None:
    if not feito.done():
        feito.set_result(resultado)


def _falhar(feito: asyncio.Future[Any], erro: BaseException) -> None:
    if not feito.done():
        feito.set_exception(erro)
