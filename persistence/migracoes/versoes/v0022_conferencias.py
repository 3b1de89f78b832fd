"""Cada mensagem guarda as etapas por que passou, e quanto demorou cada uma."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A coluna; as de antes não as têm."""
    op.add_column("mensagem", sa.Column("etapas", sa.Text()))
