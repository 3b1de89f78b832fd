"""Quem quer saber quando uma thread fica à espera do disco do banco, sem o que fazer.

Uma confirmação espera que o banco grave, milissegundos em que a thread nada tem a fazer; as idas e
voltas de uma consulta, de microssegundos, não valem o aviso.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Observador(Protocol):
    """A quem se avisa, na própria thread."""

    def comecou(self) -> None:
        """A thread vai esperar."""

    def acabou(self) -> None:
        """A thread voltou."""


class _Da(threading.local):
    quem: Observador | None = None


_da_thread = _Da()


def observar(quem: Observador) -> None:
    """Passa a avisar alguém das esperas desta thread."""
    _da_thread.quem = quem


@contextmanager
def a_gravar() -> Iterator[None]:
    """Em volta do que espera que o banco grave."""
    quem = _da_thread.quem
    if quem is None:
        yield
        return
    quem.comecou()
    try:
        yield
    finally:
        quem.acabou()
