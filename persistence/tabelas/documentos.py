"""Os documentos que acompanham lotes e guias; o conteúdo fica em ``persistence.arquivos``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from persistence.tabelas.base import CHAVE, fk, metadados
from persistence.tipos import Instante

documento = Table(
    "documento",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("numero", BigInteger, nullable=False),
    Column("identidade", Text, nullable=False),
    Column("mensagem_id", Text, fk("mensagem.id"), nullable=False, index=True),
    Column("recebido_em", Instante, nullable=False),
    Column("versao", Text, nullable=False),
    Column("canal", Text, nullable=False),
    Column("homologacao", Boolean, nullable=False),
    Column("numero_documento", Text, nullable=False),
    Column("natureza", Text, nullable=False),
    Column("tipo", Text, nullable=False),
    Column("formato", Text, nullable=False),
    Column("observacao", Text),
    Column("guia_prestador", Text),
    Column("guia_operadora", Text),
    Column("sequencial_item", Integer),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), index=True),
    Column("guia_posicao", Integer),
    Column("sha256", Text, nullable=False),
    Column("tamanho", BigInteger, nullable=False),
    Column("expurgado_em", Instante),
    Column("nome", Text),
    UniqueConstraint("operadora_id", "numero"),
    UniqueConstraint("prestador_id", "identidade"),
    Index(None, "prestador_id", "guia_prestador"),
    Index(None, "operadora_id", "sha256"),
    Index(
        "ix_documento_por_expurgar",
        "recebido_em",
        sqlite_where=text("expurgado_em IS NULL"),
        postgresql_where=text("expurgado_em IS NULL"),
    ),
)
"""Sem ``protocolo_id`` o documento é da guia que o cita, chegue ela antes ou depois."""
