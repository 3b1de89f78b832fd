"""O piso em vários processos: cada um é um laço sobre as suas próprias mensagens."""

from __future__ import annotations

import multiprocessing
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.casos import CASOS, Molde, molde_de_lote, molde_de_status
from bench.piso import Piso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from bench.casos import Caso

_FAIXA = 10**9
"""Números de lote de cada processo."""
_LIMITE_SEGUNDOS = 120


class Corrida(NamedTuple):
    """O que uma corrida do piso gastou.

    Attributes:
        mensagens: feitas por todos os processos.
        segundos: do mais demorado.
        processador: segundos de usuário e de sistema de todos.
    """

    mensagens: int
    segundos: float
    processador: float


class Processos:
    """O piso em processos que esperam ordens; feito por ``abertos``."""

    def __init__(self, canos: list[Connection[Any, Any]]) -> None:
        self._canos = canos

    def correr(self, caso: Caso, mensagens: int, segundos: float) -> Corrida:
        """Faz até tantas mensagens por processo, ou até o tempo passar.

        Raises:
            RuntimeError: se um processo falhou ou não respondeu.
        """
        self._ordenar(("preparar", caso.nome, mensagens))
        partes = [Corrida(*parte) for parte in self._ordenar(("correr", segundos))]
        return Corrida(
            sum(p.mensagens for p in partes),
            max(p.segundos for p in partes),
            sum(p.processador for p in partes),
        )

    def _ordenar(self, ordem: tuple[Any, ...]) -> list[Any]:
        for cano in self._canos:
            cano.send(ordem)
        return [_resposta(cano) for cano in self._canos]


def _resposta(cano: Connection[Any, Any]) -> Any:
    if not cano.poll(_LIMITE_SEGUNDOS):
        raise RuntimeError("o piso não respondeu a tempo")
    certo, valor = cano.recv()
    if not certo:
        raise RuntimeError(f"o piso falhou: {valor}")
    return valor


@contextmanager
def abertos(url: str, processos: int) -> Iterator[Processos]:
    """Sobe os processos do piso sobre um banco e os encerra ao sair."""
    contexto = multiprocessing.get_context("spawn")
    canos: list[Connection[Any, Any]] = []
    filhos = []
    try:
        for numero in range(1, processos + 1):
            nosso, dele = contexto.Pipe()
            filho = contexto.Process(target=_laco, args=(url, numero, dele), daemon=True)
            filho.start()
            dele.close()
            canos.append(nosso)
            filhos.append(filho)
        yield Processos(canos)
    finally:
        for cano in canos:
            cano.close()
        for filho in filhos:
            filho.join(timeout=10)
            if filho.is_alive():
                filho.kill()
                filho.join()


def _laco(url: str, numero: int, cano: Connection[Any, Any]) -> None:
    piso = Piso(url)
    mensagens = _Mensagens(piso, numero * _FAIXA)
    try:
        while True:
            ordem = cano.recv()
            try:
                if ordem[0] == "preparar":
                    mensagens.preparar(CASOS[ordem[1]], ordem[2])
                    cano.send((True, None))
                else:
                    cano.send((True, mensagens.correr(ordem[1])))
            except Exception as erro:  # noqa: BLE001 - quem mede a levanta de novo
                cano.send((False, repr(erro)))
    except EOFError:
        piso.fechar()


class _Mensagens:
    def __init__(self, piso: Piso, primeiro: int) -> None:
        self._piso = piso
        self._numero = primeiro
        self._moldes: dict[str, Molde] = {}
        self._perguntas: dict[str, bytes] = {}
        self._fila: list[bytes] = []
        self._fazer: Any = piso.lote

    def preparar(self, caso: Caso, quantas: int) -> None:
        """Monta as mensagens antes que se conte o tempo."""
        if caso.consulta:
            if caso.nome not in self._perguntas:
                protocolo = self._piso.lote(self._lote(caso))
                self._perguntas[caso.nome] = molde_de_status().com(protocolo)
            self._fila = [self._perguntas[caso.nome]] * quantas
            self._fazer = self._piso.status
        else:
            self._fila = [self._lote(caso) for _ in range(quantas)]
            self._fazer = self._piso.lote

    def _lote(self, caso: Caso) -> bytes:
        molde = self._moldes.get(caso.nome)
        if molde is None:
            molde = self._moldes[caso.nome] = molde_de_lote(caso)
        self._numero += 1
        return molde.com(self._numero)

    def correr(self, segundos: float) -> Corrida:
        """Faz as mensagens uma depois da outra."""
        fazer = self._fazer
        feitas = 0
        processador = time.process_time()
        inicio = time.perf_counter()
        fim = inicio + segundos
        for mensagem in self._fila:
            fazer(mensagem)
            feitas += 1
            if time.perf_counter() >= fim:
                break
        return Corrida(feitas, time.perf_counter() - inicio, time.process_time() - processador)
