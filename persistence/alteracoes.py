"""A ordem em que os protocolos mudam, para quem os acompanha não perder nem repetir nenhum.

Cada mudança dá ao protocolo a posição da sua transação: no PostgreSQL o número dela
(``pg_current_xact_id``), no SQLite, que tem um só escritor, o seguinte ao maior. Transações do
PostgreSQL acabam em ordem diferente daquela em que começam; por isso só se mostram as posições
abaixo da transação mais velha ainda em curso (``pg_snapshot_xmin``), onde nada mais pode aparecer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)

from persistence import tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

MAIOR = 2**63 - 1
"""O maior inteiro que o banco guarda."""


class Posicao(NamedTuple):
    """Até onde se leu: a posição da mudança e, entre as da mesma transação, o protocolo."""

    alteracao: int
    protocolo_id: int


INICIO = Posicao(-1, 0)
"""Antes de tudo; o que é anterior a esta ordem tem posição zero."""

_p = tabelas.protocolo.c
_outro = tabelas.protocolo.alias("outro")

DA_TRANSACAO: ColumnElement[Any] = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
"""No PostgreSQL, a posição que a transação em curso dá ao que muda."""


# protocolos não se apagam: o maior nunca volta atrás
_MAIOR = (
    select(_outro.c.alteracao)
    .where(_outro.c.operadora_id == _p.operadora_id)
    .order_by(_outro.c.alteracao.desc())
    .limit(1)
    .correlate(tabelas.protocolo)
    .scalar_subquery()
)


_INSERIR = Pronto(
    insert(tabelas.protocolo).values(alteracao=DA_TRANSACAO).returning(_p.id),
    sqlite=insert(tabelas.protocolo).returning(_p.id),
)
_MARCAR = Pronto(
    update(tabelas.protocolo)
    .where(_p.id == bindparam("protocolo_id"))
    .values(alteracao=DA_TRANSACAO),
    sqlite=update(tabelas.protocolo)
    .where(_p.id == bindparam("protocolo_id"))
    .values(alteracao=func.coalesce(_MAIOR, 0) + 1),
)


def inserir_protocolo(conn: Connection, valores: Mapping[str, Any]) -> int:
    """Insere um protocolo, já na ordem das mudanças, e dá a sua chave."""
    [[protocolo_id]] = _INSERIR.linhas(conn, valores)
    if conn.dialect.name == "sqlite":
        marcar_alterado(conn, protocolo_id)
    return int(protocolo_id)


def marcar_alterado(conn: Connection, protocolo_id: int) -> None:
    """Diz que um protocolo mudou: situação, valores, guias, itens, críticas ou avisos.

    Chama-se na transação da mudança, uma ou mais vezes.
    """
    _MARCAR.executar(conn, {"protocolo_id": protocolo_id})


def acertar(conn: Connection) -> int:
    """Põe no começo da ordem as posições que este banco ainda não deu, e diz quantas eram.

    Só as há num PostgreSQL restaurado de um dump lógico, cujas transações recomeçam a contar:
    como estão, os seus protocolos só apareceriam quando a conta passasse delas.
    """
    if conn.dialect.name == "sqlite":
        return 0
    return conn.execute(
        update(tabelas.protocolo).where(_p.alteracao > DA_TRANSACAO).values(alteracao=0)
    ).rowcount


def estavel(conn: Connection) -> ColumnElement[bool]:
    """Condição: a mudança está onde nenhuma outra pode mais aparecer antes dela."""
    if conn.dialect.name == "postgresql":
        return _p.alteracao < cast(
            cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger
        )
    return literal(True)


def possivel(conn: Connection, posicao: Posicao) -> bool:
    """Se a posição pode ter sido dada por este banco; a de outro pode estar no futuro."""
    if conn.dialect.name == "postgresql":
        limite = cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)
        return posicao.alteracao < int(conn.execute(select(limite)).scalar_one())
    return True
