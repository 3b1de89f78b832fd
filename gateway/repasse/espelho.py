"""A fila das cópias: sai depois da resposta, quando dá, e não segura ninguém."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.repasse.recorte import Envelope

MAXIMO = 1000
"""Cópias à espera em cada processo."""
BYTES = 64 * 1_048_576
"""Bytes de cópias à espera em cada processo."""


class Copia(NamedTuple):
    """Uma mensagem a copiar.

    Attributes:
        endereco: o da versão da mensagem.
        envelope: como sai.
        id: da mensagem no arquivo.
    """

    endereco: str
    envelope: Envelope
    id: str


class Espelho:
    """Uma fila limitada e a thread que a esvazia; o que não cabe perde-se, contado.

    Args:
        enviar: manda uma cópia; não levanta exceção.
    """

    def __init__(self, enviar: Callable[[Copia], None]) -> None:
        self._enviar = enviar
        self._fila: deque[Copia] = deque()
        self._bytes = 0
        self._ocupado = False
        self._parar = False
        self._mudou = threading.Condition()
        self._thread: threading.Thread | None = None

    def por(self, copia: Copia) -> bool:
        """Põe na fila; falso se não cabe."""
        with self._mudou:
            tamanho = len(copia.envelope.corpo)
            if self._parar or len(self._fila) >= MAXIMO or self._bytes + tamanho > BYTES:
                return False
            self._fila.append(copia)
            self._bytes += tamanho
            if self._thread is None:
                self._thread = threading.Thread(target=self._trabalhar, daemon=True)
                self._thread.start()
            self._mudou.notify_all()
        return True

    def fechar(self, segundos: float) -> int:
        """Espera que a fila se esvazie, até um prazo.

        Returns:
            Quantas cópias se perdem.
        """
        fim = time.monotonic() + segundos
        with self._mudou:
            self._parar = True
            self._mudou.notify_all()
            while (self._fila or self._ocupado) and (falta := fim - time.monotonic()) > 0:
                self._mudou.wait(falta)
            perdidas = len(self._fila) + self._ocupado
            self._fila.clear()
        return perdidas

    def _trabalhar(self) -> None:
        while (copia := self._proxima()) is not None:
            self._enviar(copia)
            with self._mudou:
                self._ocupado = False
                self._bytes -= len(copia.envelope.corpo)
                self._mudou.notify_all()

    def _proxima(self) -> Copia | None:
        with self._mudou:
            while not self._fila:
                if self._parar:
                    return None
                self._mudou.wait()
            self._ocupado = True
            return self._fila.popleft()
