"""A segunda linha entre operadoras: no PostgreSQL, o banco esconde as linhas das outras.

As tabelas com ``operadora_id`` têm uma política de segurança por linha. Numa transação que diz de
que operadora é, o que é de outra não se lê nem se grava, ainda que a consulta erre; na que não
diz, como a de uma mensagem que chega, nada muda. As demais tabelas alcançam-se por aquelas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from persistence.prontos import Pronto

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DIZER = Pronto(select(func.set_config("tiss.operadora", bindparam("operadora"), True)))


def restringir(conn: Connection, operadora_id: int) -> None:
    """Limita a transação, até ao fim dela, ao que é de uma operadora; no SQLite nada faz."""
    if conn.dialect.name == "postgresql":
        _DIZER.linhas(conn, {"operadora": str(operadora_id)})
