"""Conversa sobre lotes, arquivos das notas fiscais e pedidos já feitos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANTE = sa.DateTime(timezone=True)


def _fk(tabela: str, coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna],
        [alvo],
        name=f"fk_{tabela}_{coluna}",
        initially="DEFERRED",
        deferrable=True,
    )


def upgrade() -> None:
    """Cria as tabelas."""
    op.create_table(
        "recado",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("lado", sa.Text(), nullable=False),
        sa.Column("quem", sa.Text(), nullable=False),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("texto", sa.Text(), nullable=False),
        sa.Column("lido_em", _INSTANTE),
        sa.Column("lido_por", sa.Text()),
        sa.CheckConstraint("lado IN ('operadora', 'prestador')", name=op.f("ck_recado_lado")),
        _fk("recado", "operadora_id", "operadora.id"),
        _fk("recado", "protocolo_id", "protocolo.id"),
        sa.PrimaryKeyConstraint("id", name="pk_recado"),
    )
    op.create_index("ix_recado_protocolo_id", "recado", ["protocolo_id"])
    op.create_index(
        "ix_recado_por_ler",
        "recado",
        ["operadora_id", "lado"],
        sqlite_where=sa.text("lido_em IS NULL"),
        postgresql_where=sa.text("lido_em IS NULL"),
    )
    op.create_table(
        "nota_arquivo",
        sa.Column("nota_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("formato", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("tamanho", sa.BigInteger(), nullable=False),
        sa.Column("anexado_em", _INSTANTE, nullable=False),
        sa.Column("anexado_por", sa.Text(), nullable=False),
        _fk("nota_arquivo", "nota_id", "nota_fiscal.id"),
        _fk("nota_arquivo", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("nota_id", name="pk_nota_arquivo"),
    )
    op.create_index(
        "ix_nota_arquivo_operadora_id_sha256", "nota_arquivo", ["operadora_id", "sha256"]
    )
    op.create_table(
        "pedido_feito",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("acao", sa.Text(), nullable=False),
        sa.Column("chave", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("alvo", sa.BigInteger()),
        sa.Column("em", _INSTANTE, nullable=False),
        _fk("pedido_feito", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("operadora_id", "acao", "chave", name="pk_pedido_feito"),
        sqlite_with_rowid=False,
    )
