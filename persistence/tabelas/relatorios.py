"""Os relatórios que se fazem em segundo plano."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from persistence.tabelas.base import CHAVE, fk, metadados, um_de
from persistence.tipos import Instante

relatorio = Table(
    "relatorio",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False, index=True),
    Column("tipo", Text, nullable=False),
    Column("protocolo", BigInteger, nullable=False),
    Column("formato", Text, nullable=False),
    Column("estado", Text, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("criado_por", Text, nullable=False),
    Column("feito_em", Instante),
    Column("conteudo", LargeBinary),
    Column("tamanho", BigInteger),
    Index(
        "uq_relatorio_pendente",
        "operadora_id",
        "tipo",
        "protocolo",
        "formato",
        unique=True,
        sqlite_where=text("estado = 'pendente'"),
        postgresql_where=text("estado = 'pendente'"),
    ),
    um_de("tipo", "glosas"),
    um_de("formato", "pdf", "html", "csv"),
    um_de("estado", "pendente", "pronto", "falhou"),
)
"""O mesmo relatório só se pede uma vez de cada vez; o conteúdo guarda-se como as mensagens."""
