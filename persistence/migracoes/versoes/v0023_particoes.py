"""O que já se largou das partes mensais."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cria a tabela; partir o banco não é uma migração, mas um ajuste."""
    op.create_table(
        "particao_largada",
        sa.Column("tabela", sa.Text(), nullable=False),
        sa.Column("ate", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("de", sa.Integer(), nullable=False),
        sa.Column("linhas", sa.BigInteger(), nullable=False),
        sa.Column("em", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marca", sa.LargeBinary()),
        sa.CheckConstraint(
            "tabela IN ('mensagem', 'guia')", name=op.f("ck_particao_largada_tabela")
        ),
        sa.PrimaryKeyConstraint("tabela", "ate", name=op.f("pk_particao_largada")),
    )
