"""A conversa sobre lotes e guias, os arquivos das notas fiscais e os pedidos já feitos."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from persistence.tabelas.base import CHAVE, fk, metadados, um_de
from persistence.tipos import Instante

recado = Table(
    "recado",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), nullable=False, index=True),
    Column("guia_posicao", Integer),
    Column("lado", Text, nullable=False),
    Column("quem", Text, nullable=False),
    Column("em", Instante, nullable=False),
    Column("texto", Text, nullable=False),
    Column("lido_em", Instante),
    Column("lido_por", Text),
    Index(
        "ix_recado_por_ler",
        "operadora_id",
        "lado",
        sqlite_where=text("lido_em IS NULL"),
        postgresql_where=text("lido_em IS NULL"),
    ),
    um_de("lado", "operadora", "prestador"),
)
"""Sem guia é do lote inteiro. Quem o lê é o outro lado; nunca muda nem se apaga."""

recado_anexo = Table(
    "recado_anexo",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("recado_id", CHAVE, fk("recado.id"), nullable=False, index=True),
    Column("nome", Text, nullable=False),
    Column("formato", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("tamanho", BigInteger, nullable=False),
    Index(None, "operadora_id", "sha256"),
)
"""Os arquivos de um recado; o conteúdo fica em ``persistence.arquivos``."""

nota_arquivo = Table(
    "nota_arquivo",
    metadados,
    Column("nota_id", CHAVE, fk("nota_fiscal.id"), primary_key=True, autoincrement=False),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("nome", Text, nullable=False),
    Column("formato", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("tamanho", BigInteger, nullable=False),
    Column("anexado_em", Instante, nullable=False),
    Column("anexado_por", Text, nullable=False),
    Index(None, "operadora_id", "sha256"),
)
"""O arquivo de uma nota fiscal; o conteúdo fica em ``persistence.arquivos``."""

pedido_feito = Table(
    "pedido_feito",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("acao", Text, primary_key=True),
    Column("chave", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("alvo", BigInteger),
    Column("em", Instante, nullable=False),
    sqlite_with_rowid=False,
)
"""O que cada chave de quem chama já fez, e a linha que fez: a repetição não faz outra."""
