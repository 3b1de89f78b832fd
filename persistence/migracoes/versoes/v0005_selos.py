"""Trabalhos de fundo, chaves, folhas e selos do arquivo, expurgo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANTE = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Cria as tabelas; cada mensagem já arquivada ganha uma folha por selar."""
    op.create_table(
        "posse",
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("dono", sa.Text(), nullable=False),
        sa.Column("ficha", sa.BigInteger(), nullable=False),
        sa.Column("ate", _INSTANTE, nullable=False),
        sa.PrimaryKeyConstraint("nome", name="pk_posse"),
    )
    op.create_table(
        "trabalho",
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("inicio", _INSTANTE, nullable=False),
        sa.Column("fim", _INSTANTE),
        sa.Column("proximo", _INSTANTE, nullable=False),
        sa.Column("resultado", sa.Text()),
        sa.Column("erro", sa.Text()),
        sa.Column("falhas", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("nome", name="pk_trabalho"),
    )
    op.create_table(
        "chave",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("registrada_em", _INSTANTE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chave"),
    )
    op.create_table(
        "selo",
        sa.Column("sequencia", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("anterior", sa.Text(), nullable=False),
        sa.Column("raiz", sa.Text(), nullable=False),
        sa.Column("quantidade", sa.Integer(), nullable=False),
        sa.Column("primeira", sa.Text(), nullable=False),
        sa.Column("ultima", sa.Text(), nullable=False),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("cabeca", sa.Text(), nullable=False),
        sa.Column("assinatura", sa.LargeBinary()),
        sa.Column("certificado", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("sequencia", name="pk_selo"),
    )
    op.create_table(
        "folha",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("mensagem_id", sa.Text(), nullable=False),
        sa.Column("resumo", sa.Text()),
        sa.Column("selo", sa.BigInteger()),
        sa.Column("posicao", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["selo"],
            ["selo.sequencia"],
            name="fk_folha_selo",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_folha"),
        sa.UniqueConstraint("mensagem_id", name="uq_folha_mensagem_id"),
    )
    op.create_index("ix_folha_selo_posicao", "folha", ["selo", "posicao"])
    op.add_column("mensagem", sa.Column("autenticada", sa.Boolean()))
    op.add_column("mensagem", sa.Column("pedido_sha256", sa.Text()))
    op.add_column("mensagem", sa.Column("expurgada_em", _INSTANTE))
    op.create_index(
        "ix_mensagem_por_expurgar",
        "mensagem",
        ["recebida_em"],
        sqlite_where=sa.text("expurgada_em IS NULL"),
        postgresql_where=sa.text("expurgada_em IS NULL"),
    )
    op.execute("INSERT INTO folha (mensagem_id) SELECT id FROM mensagem ORDER BY recebida_em, id")
