from __future__ import annotations

import threading

from gateway.repasse import espelho
from gateway.repasse.espelho import Copia, Espelho
from handlers.repasse.recorte import Envelope


def _copia(id_: str, tamanho: int = 1) -> Copia:
    return Copia("http://127.0.0.1", Envelope(b"x" * tamanho, "UTF-8"), id_)


class Destino:
    """Guarda o que chega e só deixa passar depois de solto."""

    def __init__(self, *, preso: bool = False) -> None:
        self.chegadas: list[str] = []
        self.entrou = threading.Event()
        self.solto = threading.Event()
        if not preso:
            self.solto.set()

    def __call__(self, copia: Copia) -> None:
        self.entrou.set()
        self.solto.wait(10)
        self.chegadas.append(copia.id)


def test_copias_saem_na_ordem_em_que_entraram() -> None:
    """As cópias saem em ordem, e fechar espera por todas."""
    destino = Destino()
    fila = Espelho(destino)
    assert all(fila.por(_copia(str(n))) for n in range(20))
    assert (fila.fechar(10), destino.chegadas) == (0, [str(n) for n in range(20)])


def test_fila_cheia_recusa() -> None:
    """O que passa do número de cópias à espera não entra."""
    destino = Destino(preso=True)
    fila = Espelho(destino)
    fila.por(_copia("primeira"))
    destino.entrou.wait(10)
    entraram = [fila.por(_copia("outra")) for _ in range(espelho.MAXIMO + 1)]
    destino.solto.set()
    assert entraram == [True] * espelho.MAXIMO + [False]
    assert fila.fechar(10) == 0


def test_bytes_a_espera_tem_limite() -> None:
    """O que passa dos bytes à espera não entra, e o lugar volta quando a cópia sai."""
    destino = Destino(preso=True)
    fila = Espelho(destino)
    metade = espelho.BYTES // 2 + 1
    entraram = [fila.por(_copia("a", metade)), fila.por(_copia("b", metade))]
    destino.solto.set()
    fila.fechar(10)
    assert (entraram, destino.chegadas) == ([True, False], ["a"])


def test_fechar_tem_prazo_e_diz_o_que_se_perde() -> None:
    """Passado o prazo, fechar diz quantas cópias não saíram, e nada mais entra."""
    destino = Destino(preso=True)
    fila = Espelho(destino)
    for n in range(3):
        fila.por(_copia(str(n)))
    destino.entrou.wait(10)
    perdidas = fila.fechar(0.05)
    destino.solto.set()
    assert (perdidas, fila.por(_copia("tarde"))) == (3, False)
