"""As conexões de um processo com o banco, abertas e à mão.

O SQLAlchemy também as guardaria, mas cobra por cada retirada, numa mensagem pequena, tanto quanto
todos os comandos dela: prepara um objeto, muda o modo da conexão, desfaz o que não houve. Aqui a
``Connection`` fica aberta de uma vez para a outra, em autocommit, e as transações são o ``BEGIN`` e
o ``COMMIT`` de quem a usa.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from persistence import espera
from persistence.prontos import como_do_sqlalchemy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_IDADE_MAXIMA = 1800.0
"""Segundos até se trocar uma conexão, para não carregar memória do servidor para sempre."""
_TERMINAR = "COMMIT"
_ABERTA_EM = "tiss.aberta_em"
_do_pai: list[object] = []
"""As do processo de antes do ``fork``: não se fecham nem se largam, que ele as usa."""


class TodasOcupadas(Exception):
    """Nenhuma conexão ficou livre a tempo."""


class Modo(Protocol):
    """O que cada banco faz numa conexão."""

    COMECAR_LEITURA: str
    COMECAR_ESCRITA: str

    def serve(self, conexao: Any) -> bool:
        """Se uma conexão guardada ainda está de pé, sem ir ao servidor."""

    def comando(self, conn: Connection, sql: str) -> None:
        """Executa um comando sem valores nem resultado."""


class Conexoes:
    """As conexões de um motor; seguro entre threads.

    Args:
        motor: quem as faz; não guarda nenhuma, e dá-as em autocommit.
        modo: o do banco.
        quantas: o máximo ao mesmo tempo.
        espera: segundos que se espera por uma livre.
    """

    def __init__(self, motor: Engine, modo: Modo, quantas: int, espera: float) -> None:
        self.motor = motor
        self._modo = modo
        self._quantas = quantas
        self._espera = espera
        self._opcoes = motor.get_execution_options()
        self._vagas = threading.BoundedSemaphore(quantas)
        self._livres: deque[Connection] = deque()
        self._fechado = False

    @contextmanager
    def leitura(self) -> Iterator[Connection]:
        """Uma transação só de leitura.

        Raises:
            TodasOcupadas: nenhuma ficou livre a tempo.
        """
        with self.avulsa() as conn:
            self._comando(conn, self._modo.COMECAR_LEITURA)
            yield conn
            self._comando(conn, _TERMINAR)

    @contextmanager
    def escrita(self) -> Iterator[Connection]:
        """Uma transação de escrita, que por exceção se desfaz.

        Raises:
            TodasOcupadas: nenhuma ficou livre a tempo.
        """
        with self.avulsa() as conn:
            self._comando(conn, self._modo.COMECAR_ESCRITA)
            yield conn
            with espera.a_gravar():
                self._comando(conn, _TERMINAR)

    @contextmanager
    def avulsa(self) -> Iterator[Connection]:
        """Uma conexão em autocommit; a transação que ficar aberta, por exceção, desfaz-se.

        Raises:
            TodasOcupadas: nenhuma ficou livre a tempo.
        """
        conn = self._retirar()
        try:
            yield conn
        except BaseException:
            self._devolver(conn, limpa=_desfeita(conn))
            raise
        # o SQLAlchemy pensa que abriu uma transação ao primeiro comando seu; no banco não há nada
        limpa = not conn.in_transaction() or _desfeita(conn)
        self._devolver(conn, limpa=limpa)

    def fechar(self) -> None:
        """Fecha as guardadas; as em uso fecham quando devolvidas."""
        self._fechado = True
        while self._livres:
            with suppress(IndexError):
                self._livres.pop().close()

    def esquecer(self) -> None:
        """Recomeça sem nenhuma, num processo filho."""
        _do_pai.append(self._livres)
        self._livres = deque()
        self._vagas = threading.BoundedSemaphore(self._quantas)

    def _comando(self, conn: Connection, sql: str) -> None:
        try:
            self._modo.comando(conn, sql)
        except conn.dialect.loaded_dbapi.Error as erro:
            raise como_do_sqlalchemy(conn, sql, erro) from erro

    def _retirar(self) -> Connection:
        if not self._vagas.acquire(timeout=self._espera):
            raise TodasOcupadas
        try:
            return self._guardada() or self._nova()
        except BaseException:
            self._vagas.release()
            raise

    def _guardada(self) -> Connection | None:
        while self._livres:
            try:
                conn = self._livres.pop()
            except IndexError:
                # outra thread a levou
                return None
            nova = time.monotonic() - conn.info[_ABERTA_EM] < _IDADE_MAXIMA
            if nova and self._modo.serve(conn.connection.driver_connection):
                return conn
            _fechar(conn)
        return None

    def _nova(self) -> Connection:
        conn = self.motor.connect()
        conn.info[_ABERTA_EM] = time.monotonic()
        return conn

    def _devolver(self, conn: Connection, *, limpa: bool) -> None:
        # a que mudou de opções não pode levá-las a quem vem a seguir
        mesma = conn.get_execution_options() is self._opcoes
        try:
            if limpa and mesma and not self._fechado:
                self._livres.append(conn)
            else:
                _fechar(conn)
        finally:
            self._vagas.release()


def _desfeita(conn: Connection) -> bool:
    """Se a conexão ficou sem transação, pronta para outro uso."""
    try:
        if conn.in_transaction():
            conn.rollback()
        if conn.invalidated:
            return False
        driver: Any = conn.connection.driver_connection
        driver.rollback()
    except Exception:  # noqa: BLE001 - a que não se desfaz fecha-se, e o servidor desfaz
        return False
    return True


def _fechar(conn: Connection) -> None:
    with suppress(Exception):
        conn.close()
