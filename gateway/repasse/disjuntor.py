"""Deixa de chamar um endereço que só falha, e volta a ele aos poucos."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Disjuntor:
    """Conta as falhas seguidas de um endereço; usado por várias threads.

    Depois de ``falhas`` seguidas abre por ``pausa`` segundos. Passada a pausa deixa uma só chamada
    tentar: se dá certo, fecha; se falha, abre outra vez.

    Args:
        falhas: quantas seguidas o abrem.
        pausa: segundos aberto.
        relogio: segundos que só crescem.
    """

    def __init__(
        self, falhas: int, pausa: float, relogio: Callable[[], float] = time.monotonic
    ) -> None:
        self._limite = falhas
        self._pausa = pausa
        self._relogio = relogio
        self._seguidas = 0
        self._aberto_ate: float | None = None
        self._tentando = False
        self._tranca = threading.Lock()

    @property
    def aberto(self) -> bool:
        """Se ainda não se sabe que o endereço voltou."""
        return self._aberto_ate is not None

    def deixa(self) -> bool:
        """Diz se se pode chamar agora; quem recebe sim tem de dizer depois se deu certo."""
        with self._tranca:
            if self._aberto_ate is None:
                return True
            if self._tentando or self._relogio() < self._aberto_ate:
                return False
            self._tentando = True
            return True

    def certo(self) -> None:
        """O endereço respondeu."""
        with self._tranca:
            self._seguidas = 0
            self._aberto_ate = None
            self._tentando = False

    def errado(self) -> None:
        """O endereço não respondeu, ou o que respondeu não veio do sistema que se esperava."""
        with self._tranca:
            self._seguidas += 1
            self._tentando = False
            if self._seguidas >= self._limite:
                self._aberto_ate = self._relogio() + self._pausa
