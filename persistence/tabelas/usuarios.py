"""As pessoas que trabalham para a operadora, e os convites que as trazem."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, Text, UniqueConstraint

from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados
from persistence.tipos import Instante

usuario = Table(
    "usuario",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("nome", Text, nullable=False),
    Column("escopos", DOCUMENTO, nullable=False),
    Column("ativo", Boolean, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("verificador", Text),
    Column("trocada_em", Instante),
    Column("anteriores", DOCUMENTO),
    UniqueConstraint("operadora_id", "email"),
)
"""``verificador`` falta até que o convite seja aceito."""

convite = Table(
    "convite",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("usuario_id", CHAVE, fk("usuario.id"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("criado_em", Instante, nullable=False),
    Column("expira_em", Instante, nullable=False),
    Column("usado_em", Instante),
)
