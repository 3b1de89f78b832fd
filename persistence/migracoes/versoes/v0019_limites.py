"""Os limites por prestador, e a revisão a partir da qual um código serve neste banco."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DITA = "current_setting('tiss.operadora', true)"
_SO_A_DITA = (
    f"CASE WHEN coalesce({_DITA}, '') = '' THEN true"
    f" ELSE operadora_id = CAST({_DITA} AS bigint) END"
)


def upgrade() -> None:
    """Cria as três tabelas e, no PostgreSQL, as políticas das que são de uma operadora."""
    op.create_table(
        "limite",
        sa.Column("id", _CHAVE),
        sa.Column("operadora_id", _CHAVE, _fk("limite", "operadora"), nullable=False),
        sa.Column("prestador_id", _CHAVE, _fk("limite", "prestador")),
        sa.Column("por_minuto", sa.Integer(), nullable=False),
        sa.Column("rajada", sa.Integer(), nullable=False),
        sa.CheckConstraint("por_minuto >= 0", name=op.f("ck_limite_por_minuto")),
        sa.CheckConstraint("rajada >= 1", name=op.f("ck_limite_rajada")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limite")),
    )
    sem_prestador = sa.text("prestador_id IS NULL")
    op.create_index(
        "uq_limite_operadora",
        "limite",
        ["operadora_id"],
        unique=True,
        sqlite_where=sem_prestador,
        postgresql_where=sem_prestador,
    )
    op.create_index("uq_limite_prestador_id", "limite", ["prestador_id"], unique=True)
    op.create_table(
        "balde",
        sa.Column("prestador_id", _CHAVE, _fk("balde", "prestador"), autoincrement=False),
        sa.Column("operadora_id", _CHAVE, _fk("balde", "operadora"), nullable=False),
        sa.Column("cheio_em", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prestador_id", name=op.f("pk_balde")),
    )
    op.create_table(
        "esquema_compativel",
        sa.Column("minima", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("minima", name=op.f("pk_esquema_compativel")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for tabela in ("limite", "balde"):
            op.execute(f"ALTER TABLE {tabela} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {tabela} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY operadora ON {tabela} USING ({_SO_A_DITA})")


def _fk(tabela: str, alvo: str) -> sa.ForeignKey:
    nome = op.f(f"fk_{tabela}_{alvo}_id")
    return sa.ForeignKey(f"{alvo}.id", name=nome, deferrable=True, initially="DEFERRED")
