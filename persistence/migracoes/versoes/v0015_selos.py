"""A marca que prova uma folha por selar, e a sequência dos selos, que começa em 1."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cria a coluna; as folhas que já esperavam por um selo ficam sem marca."""
    op.add_column("folha", sa.Column("marca", sa.LargeBinary()))
    # o SQLite só a teria refazendo a tabela; nele é só o archive verify que o diz
    if op.get_bind().dialect.name == "postgresql":
        op.create_check_constraint(op.f("ck_selo_sequencia"), "selo", "sequencia >= 1")
