"""Os índices por que o expurgo e os números da operadora se acham sem varrer o banco inteiro."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cria-os, salvo se já se criaram à parte (``CREATE INDEX CONCURRENTLY``)."""
    op.create_index("ix_protocolo_mensagem_id", "protocolo", ["mensagem_id"], if_not_exists=True)
    op.create_index("ix_documento_mensagem_id", "documento", ["mensagem_id"], if_not_exists=True)
    com_numero = sa.text("numero_operadora IS NOT NULL")
    op.create_index(
        "ix_guia_numero_operadora",
        "guia",
        ["numero_operadora"],
        if_not_exists=True,
        sqlite_where=com_numero,
        postgresql_where=com_numero,
    )
    recusada = sa.text("expurgada_em IS NULL AND desfecho <> 'respondida'")
    op.create_index(
        "ix_mensagem_recusada_por_expurgar",
        "mensagem",
        ["recebida_em"],
        if_not_exists=True,
        sqlite_where=recusada,
        postgresql_where=recusada,
    )
