"""A quem se avisa do que muda, e cada aviso até que seja aceito."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from persistence.tabelas.base import CHAVE, fk, metadados, um_de
from persistence.tipos import Instante

webhook = Table(
    "webhook",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("eventos", Text),
    Column("homologacao", Boolean, nullable=False),
    Column("ativo", Boolean, nullable=False),
    Column("segredo", LargeBinary, nullable=False),
    Column("segredo_anterior", LargeBinary),
    Column("anterior_ate", Instante),
    Column("criado_em", Instante, nullable=False),
    Column("falhas", Integer, nullable=False),
    Column("proxima_em", Instante, nullable=False),
)
"""``eventos`` são nomes entre espaços, também nas pontas; sem nenhum, todos."""

entrega = Table(
    "entrega",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("webhook_id", CHAVE, fk("webhook.id"), nullable=False),
    Column("evento_id", String(32), nullable=False),
    Column("evento", Text, nullable=False),
    Column("assunto", Text, nullable=False),
    Column("numero", BigInteger, nullable=False),
    Column("de", SmallInteger),
    Column("para", SmallInteger),
    Column("em", Instante, nullable=False),
    Column("estado", Text, nullable=False),
    Column("tentativas", Integer, nullable=False),
    Column("proxima_em", Instante, nullable=False),
    Column("entregue_em", Instante),
    Column("resposta", Text),
    UniqueConstraint("webhook_id", "evento_id"),
    Index(None, "webhook_id", "id"),
    Index(
        "ix_entrega_pendente",
        "webhook_id",
        "assunto",
        "numero",
        "id",
        sqlite_where=text("estado = 'pendente'"),
        postgresql_where=text("estado = 'pendente'"),
    ),
    um_de("estado", "pendente", "entregue"),
)
"""O aviso de um evento a um webhook, gravado na transação que o causou."""
