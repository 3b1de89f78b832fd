"""O que se diz ao banco quando ele, sem saber quantas linhas há, começaria pelo índice errado."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select, union_all

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection, Select, Subquery


E_RECURSO = tabelas.protocolo.c.tipo == literal_column("'recurso'")
"""Se um protocolo é de um recurso; por extenso, que com um parâmetro o índice deles não se usa."""


def fora_da_escolha(conn: Connection, coluna: ColumnElement[Any]) -> ColumnElement[Any]:
    """A coluna, de modo que o SQLite não comece pelos índices dela.

    O SQLite não junta estatísticas: entre o índice de um número de guia e o de uma operadora
    inteira, tem-nos por iguais. O PostgreSQL junta-as, e uma conta com a coluna escondê-las-ia.
    """
    return coluna + 0 if conn.dialect.name == "sqlite" else coluna


def juntas(consultas: Iterable[Select[Any]]) -> Subquery:
    """O que dão umas consultas, cada uma com a sua ordem e o seu limite.

    Dos primeiros de cada situação tiram-se os primeiros de todas. Perguntados de uma só vez por
    várias situações, os bancos ordenam tudo o que há nelas, ou percorrem os protocolos todos.
    """
    return union_all(*(select(uma.subquery()) for uma in consultas)).subquery()
