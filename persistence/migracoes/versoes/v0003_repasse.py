"""As mensagens a caminho de outro sistema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cria a tabela."""
    op.create_table(
        "repasse_em_curso",
        sa.Column("prestador_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("servico", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("mensagem_id", sa.Text(), nullable=False),
        sa.Column("ate", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["prestador_id"],
            ["prestador.id"],
            name="fk_repasse_em_curso_prestador_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("prestador_id", "servico", "sha256", name="pk_repasse_em_curso"),
    )
