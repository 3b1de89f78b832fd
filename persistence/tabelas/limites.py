"""Quantas mensagens cada prestador pode enviar, e quanto já enviou; e com que código se serve."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, text

from persistence.tabelas.base import CHAVE, fk, metadados

limite = Table(
    "limite",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id")),
    Column("por_minuto", Integer, nullable=False),
    Column("rajada", Integer, nullable=False),
    CheckConstraint("por_minuto >= 0", name="por_minuto"),
    CheckConstraint("rajada >= 1", name="rajada"),
)
"""Sem prestador, o de todos os da operadora que não têm o seu; 0 por minuto é sem limite."""

_SEM_PRESTADOR = text("prestador_id IS NULL")
Index(
    "uq_limite_operadora",
    limite.c.operadora_id,
    unique=True,
    sqlite_where=_SEM_PRESTADOR,
    postgresql_where=_SEM_PRESTADOR,
)
Index("uq_limite_prestador_id", limite.c.prestador_id, unique=True)

balde = Table(
    "balde",
    metadados,
    Column("prestador_id", CHAVE, fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("cheio_em", BigInteger, nullable=False),
)
"""``cheio_em``: instante Unix, em microssegundos, em que o balde volta a estar cheio."""

esquema_compativel = Table(
    "esquema_compativel",
    metadados,
    Column("minima", Text, primary_key=True),
)
"""Revisões que um código mais velho do que elas não serve; vale a maior. Sem linhas, nenhuma."""
