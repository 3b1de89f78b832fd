"""Em que autoridades cada operadora confia, e os certificados que elas revogaram."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados, um_de
from persistence.tipos import Instante

certificado_confiavel = Table(
    "certificado_confiavel",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("tipo", Text, nullable=False),
    Column("impressao", Text, nullable=False),
    Column("assunto", Text, nullable=False),
    Column("vale_de", Instante, nullable=False),
    Column("vale_ate", Instante, nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("posto_em", Instante, nullable=False),
    UniqueConstraint("operadora_id", "impressao"),
    um_de("tipo", "ancora", "intermediaria"),
)

lcr = Table(
    "lcr",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("chave_emissor", Text, nullable=False),
    Column("ponto", Text, nullable=False),
    Column("enderecos", DOCUMENTO, nullable=False),
    Column("emissor", Text, nullable=False),
    Column("emissor_der", LargeBinary, nullable=False),
    Column("edicao", Integer, nullable=False),
    Column("emitida_em", Instante),
    Column("proxima_em", Instante),
    Column("obtida_em", Instante),
    Column("sha256", Text),
    Column("tamanho", Integer),
    Column("quantos", Integer),
    Column("tentar_em", Instante, index=True),
    Column("falhas", Integer, nullable=False),
    Column("erro", Text),
    UniqueConstraint("operadora_id", "chave_emissor", "ponto"),
)
"""``tentar_em`` ausente: veio de arquivo e não se busca. ``edicao`` zero: ainda não se tem."""

revogado = Table(
    "revogado",
    metadados,
    Column("lcr_id", CHAVE, fk("lcr.id"), primary_key=True, autoincrement=False),
    Column("edicao", Integer, primary_key=True, autoincrement=False),
    Column("serie", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Só as linhas da edição que ``lcr`` diz ser a sua valem; as outras estão a entrar ou a sair."""
