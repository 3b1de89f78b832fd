"""O que se verificou há pouco neste processo, para não o verificar outra vez."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_VALIDADE_SEGUNDOS = 60.0
_GUARDADOS = 10_000


class Lembranca:
    """Respostas sim ou não por um minuto, segura entre threads.

    Args:
        relogio: segundos monotônicos.
    """

    def __init__(self, relogio: Callable[[], float]) -> None:
        self._relogio = relogio
        self._respostas: dict[bytes, tuple[float, bool]] = {}

    def achar(self, marca: bytes) -> bool | None:
        """A resposta guardada; ``None`` sem uma que ainda valha."""
        ate, resposta = self._respostas.get(marca, (0.0, False))
        return resposta if self._relogio() < ate else None

    def guardar(self, marca: bytes, *, resposta: bool) -> None:
        """Guarda uma resposta; as vencidas saem quando já são muitas."""
        agora = self._relogio()
        if len(self._respostas) >= _GUARDADOS:
            self._respostas = {m: r for m, r in self._respostas.copy().items() if r[0] > agora}
        self._respostas[marca] = agora + _VALIDADE_SEGUNDOS, resposta
