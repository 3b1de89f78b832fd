"""Quem corta o comando que não acaba: o servidor que parou sem se despedir não o pode fazer.

``statement_timeout`` é do servidor, e o ``tcp_user_timeout`` não vence enquanto a máquina dele, ou
quem está no meio, ainda confirma o que se lhe manda. Um comando que passa muito do que o servidor
lhe daria espera por quem já não responde: fecha-se-lhe a ligação, e quem esperava sabe.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from contextlib import suppress
from typing import Protocol

_PASSO_SEGUNDOS = 1.0


class Vigiado(Protocol):
    """Quem espera por um servidor.

    Attributes:
        desde: quando começou a esperar, em segundos monotônicos; ``None`` se não espera.
        limite: segundos que pode esperar.
    """

    desde: float | None
    limite: float

    def tomada(self) -> int:
        """O descritor da ligação."""


_vigiados: weakref.WeakSet[Vigiado] = weakref.WeakSet()
_trinco = threading.Lock()
_no_ar = False


def vigiar(quem: Vigiado) -> None:
    """Passa a vigiar alguém, enquanto existir."""
    global _no_ar  # noqa: PLW0603 - uma thread por processo
    with _trinco:
        _vigiados.add(quem)
        if not _no_ar:
            _no_ar = True
            threading.Thread(target=_andar, name="vigia do banco", daemon=True).start()


def rever(agora: float) -> int:
    """Corta os que passaram do seu limite, e diz quantos."""
    with _trinco:
        todos = list(_vigiados)
    cortados = 0
    for quem in todos:
        desde = quem.desde
        if desde is not None and agora - desde > quem.limite:
            # quem espera na libpq acorda com a ligação fechada
            with suppress(OSError), socket.socket(fileno=os.dup(quem.tomada())) as ligacao:
                ligacao.shutdown(socket.SHUT_RDWR)
                cortados += 1
    return cortados


def _andar() -> None:
    while True:
        time.sleep(_PASSO_SEGUNDOS)
        rever(time.monotonic())


def _no_filho() -> None:
    global _no_ar, _trinco
    _no_ar, _trinco = False, threading.Lock()
    _vigiados.clear()


os.register_at_fork(after_in_child=_no_filho)
