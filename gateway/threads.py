"""Threads a que o laço de eventos entrega o que demora, com o mínimo entre um e outras.

É o que ``run_in_executor`` faz, sem o futuro de ``concurrent.futures`` pelo meio, com a sua tranca
e a sua cadeia: numa mensagem pequena isso pesava tanto como ler o HTTP.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from persistence import espera

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

_T = TypeVar("_T")
_Trabalho: TypeAlias = (
    "tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]"
)


_DEMORA = 0.005
"""Segundos a partir dos quais um trabalho em curso já não impede que outra thread comece."""
_A_GRAVAR = -2.0
_PARADA = -1.0
_LIVRE = 0.0


class Threads:
    """Um grupo de threads; só o laço de eventos do processo lhe entrega trabalho.

    Enquanto os trabalhos são curtos anda uma só: várias ao mesmo tempo passariam o interpretador de
    umas às outras a cada ida ao banco, e só com isso gastavam um quinto do processador. Quando a
    que anda demora, porque o trabalho é grande ou espera por alguém, ou espera que o banco grave,
    começa outra, e assim até ao máximo; a que acaba e vê outra andar para.

    Args:
        quantas: no máximo; cada uma nasce quando faz falta.
        nome: com que cada uma se chama.
    """

    def __init__(self, quantas: int, nome: str) -> None:
        self._quantas = quantas
        self._nome = nome
        self._por_fazer: SimpleQueue[_Trabalho | None] = SimpleQueue()
        self._acordar: list[threading.Semaphore] = []
        self._vivas: list[threading.Thread] = []
        # de cada thread: parada, livre à espera de trabalho, à espera do disco, ou o instante em
        # que começou o seu
        self._estados: list[float] = []
        self._a_olhar = False
        self._a_fechar = False
        self._trinco = threading.Lock()

    async def fazer(self, funcao: Callable[..., _T], *argumentos: Any) -> _T:
        """O que uma função devolve, ou levanta, feita numa das threads."""
        laco = asyncio.get_running_loop()
        feito: asyncio.Future[_T] = laco.create_future()
        self._por_fazer.put((laco, feito, funcao, argumentos))
        if not self._alguma_anda():
            self._comecar_outra()
        if not self._a_olhar:
            self._a_olhar = True
            laco.call_later(_DEMORA, self._olhar, laco)
        return await feito

    def fechar(self) -> None:
        """Espera o que está em curso e solta as threads."""
        self._a_fechar = True
        for parada in self._acordar:
            parada.release()
            self._por_fazer.put(None)
        for viva in self._vivas:
            viva.join()

    def _olhar(self, laco: asyncio.AbstractEventLoop) -> None:
        """De tempos a tempos, enquanto há quem espere: se nenhuma anda, começa outra."""
        if self._por_fazer.empty():
            self._a_olhar = False
            return
        if not self._alguma_anda():
            self._comecar_outra()
        laco.call_later(_DEMORA, self._olhar, laco)

    def _alguma_anda(self, fora: int = -1) -> bool:
        """Se há uma thread à espera de trabalho, ou com um que ainda não demora."""
        desde = time.monotonic() - _DEMORA
        return any(
            estado == _LIVRE or estado > desde
            for n, estado in enumerate(self._estados)
            if n != fora
        )

    def _comecar_outra(self) -> None:
        with self._trinco:
            self._comecar()

    def _comecar(self) -> None:
        if _PARADA in self._estados:
            qual = self._estados.index(_PARADA)
            self._estados[qual] = _LIVRE
            self._acordar[qual].release()
        elif len(self._vivas) < self._quantas:
            n = len(self._vivas)
            self._estados.append(_LIVRE)
            self._acordar.append(threading.Semaphore(0))
            nova = threading.Thread(
                target=self._trabalhar, args=(n,), name=f"{self._nome}_{n}", daemon=True
            )
            self._vivas.append(nova)
            nova.start()

    def _a_gravar(self, n: int) -> None:
        self._estados[n] = _A_GRAVAR
        if not self._por_fazer.empty() and not self._alguma_anda():
            self._comecar_outra()

    def _gravou(self, n: int) -> None:
        self._estados[n] = time.monotonic()

    def _trabalhar(self, n: int) -> None:
        espera.observar(_Espera(partial(self._a_gravar, n), partial(self._gravou, n)))
        while (trabalho := self._por_fazer.get()) is not None:
            self._estados[n] = time.monotonic()
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
            self._descansar(n)

    def _descansar(self, n: int) -> None:
        """Fica à espera de trabalho; ou, se outra anda, de que faça falta."""
        if self._a_fechar or not self._alguma_anda(fora=n):
            self._estados[n] = _LIVRE
            return
        self._estados[n] = _PARADA
        self._acordar[n].acquire()


class _Espera(NamedTuple):
    comecou: Callable[[], None]
    acabou: Callable[[], None]


def _entregar(feito: asyncio.Future[Any], resultado: Any) -> None:
    if not feito.done():
        feito.set_result(resultado)


def _falhar(feito: asyncio.Future[Any], erro: BaseException) -> None:
    if not feito.done():
        feito.set_exception(erro)
