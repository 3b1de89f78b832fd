"""Mudar tabelas em uso: tranca-se tudo de uma vez, espera-se pouco e tenta-se de novo."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.errors import DeadlockDetected, LockNotAvailable

from persistence.conexao_postgres import comando
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from sqlalchemy import Connection

    from persistence.banco import Banco

    T = TypeVar("T")

# menos do que o servidor espera até procurar quem se tranca em círculo (um segundo): quem desiste é
# sempre quem muda as tabelas, e nunca uma mensagem
_ESPERA = "500ms"
_TENTATIVAS = 20
_ENTRE_TENTATIVAS_SEGUNDOS = 0.25


def mudar(banco: Banco, tabelas: str, modo: str, fazer: Callable[[Connection], T]) -> T:
    """Faz uma transação que tranca tabelas em uso, até se conseguir.

    Args:
        banco: onde.
        tabelas: as que se trancam antes do mais.
        modo: de trancar, como em ``LOCK TABLE``.
        fazer: o que se faz com elas trancadas; pode ser chamado mais de uma vez.

    Raises:
        BancoIndisponivel: o banco não atendeu, ou nunca se conseguiram as trancas.
    """
    for _ in range(_TENTATIVAS - 1):
        try:
            with _trancado(banco, tabelas, modo) as conn:
                return fazer(conn)
        except BancoIndisponivel as erro:
            if not isinstance(erro.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            time.sleep(_ENTRE_TENTATIVAS_SEGUNDOS)
    with _trancado(banco, tabelas, modo) as conn:
        return fazer(conn)


@contextmanager
def _trancado(banco: Banco, tabelas: str, modo: str) -> Iterator[Connection]:
    with banco.escrita() as conn:
        # fazer as partes pode durar mais do que um comando do dia a dia; esperar por elas, não
        comando(conn, "SET LOCAL statement_timeout = 0")
        comando(conn, f"SET LOCAL lock_timeout = '{_ESPERA}'")
        comando(conn, f"LOCK TABLE {tabelas} IN {modo} MODE")
        yield conn
