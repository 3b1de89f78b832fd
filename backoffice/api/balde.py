"""O limite de pedidos de cada token, contado em cada processo do servidor."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAIS_TOKENS = 10_000


class Baldes:
    """Um balde por token: enche a passo constante, e cada pedido tira dele uma ficha.

    Args:
        relogio: segundos que só crescem.
    """

    def __init__(self, relogio: Callable[[], float] = time.monotonic) -> None:
        self._relogio = relogio
        self._fichas: dict[int, tuple[float, float]] = {}
        self._tranca = threading.Lock()

    def tirar(self, token_id: int, por_minuto: int) -> int:
        """Tira uma ficha.

        Returns:
            0 se havia; senão, em quantos segundos haverá.
        """
        agora = self._relogio()
        with self._tranca:
            if len(self._fichas) > _MAIS_TOKENS:
                self._fichas.clear()
            fichas, desde = self._fichas.get(token_id, (float(por_minuto), agora))
            fichas = min(por_minuto, fichas + (agora - desde) * por_minuto / 60)
            if fichas < 1:
                self._fichas[token_id] = (fichas, agora)
                return math.ceil((1 - fichas) * 60 / por_minuto)
            self._fichas[token_id] = (fichas - 1, agora)
            return 0
