"""Quem pode usar a API e o que se fez com dados de pacientes."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados
from persistence.tipos import Instante

auditoria = Table(
    "auditoria",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id")),
    Column("em", Instante, nullable=False),
    Column("quem", Text, nullable=False),
    Column("porta", Text, nullable=False),
    Column("acao", Text, nullable=False),
    Column("alvo_tipo", Text, nullable=False),
    Column("alvo", Text, nullable=False),
    Column("detalhes", DOCUMENTO),
    Index(None, "operadora_id", "id"),
    Index(None, "em"),
)
"""Só recebe linhas: gatilhos recusam mudá-las, e apagá-las antes de 90 dias."""

auditoria_titular = Table(
    "auditoria_titular",
    metadados,
    Column("auditoria_id", CHAVE, fk("auditoria.id"), primary_key=True, autoincrement=False),
    Column("resumo", String(64), primary_key=True),
    Index(None, "resumo", "auditoria_id"),
    sqlite_with_rowid=False,
)
"""De quem eram os dados de um acesso: o resumo com chave de cada carteira."""

segredo = Table(
    "segredo",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("nome", Text, primary_key=True),
    Column("valor", LargeBinary, nullable=False),
)
"""Chaves sorteadas pelo próprio gateway."""

token_api = Table(
    "token_api",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False, index=True),
    Column("nome", Text, nullable=False),
    Column("prefixo", String(12), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("escopos", DOCUMENTO, nullable=False),
    Column("por_minuto", Integer, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("expira_em", Instante, nullable=False),
    Column("revogado_em", Instante),
    Column("usado_em", Instante),
)
