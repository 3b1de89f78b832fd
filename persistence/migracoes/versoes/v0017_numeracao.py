"""Como cada operadora escreve os seus números, e os relatórios feitos em segundo plano."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANTE = sa.DateTime(timezone=True)
_DITA = "current_setting('tiss.operadora', true)"
_SO_A_DITA = (
    f"CASE WHEN coalesce({_DITA}, '') = '' THEN true"
    f" ELSE operadora_id = CAST({_DITA} AS bigint) END"
)


def upgrade() -> None:
    """Cria as colunas, que vazias deixam os números como eram, e a tabela."""
    op.add_column("operadora", sa.Column("largura_recurso", sa.SmallInteger()))
    op.add_column("operadora", sa.Column("largura_demonstrativo", sa.SmallInteger()))
    op.add_column("operadora", sa.Column("padrao_guia", sa.Text()))
    op.create_table(
        "relatorio",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("protocolo", sa.BigInteger(), nullable=False),
        sa.Column("formato", sa.Text(), nullable=False),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("criado_por", sa.Text(), nullable=False),
        sa.Column("feito_em", _INSTANTE),
        sa.Column("conteudo", sa.LargeBinary()),
        sa.Column("tamanho", sa.BigInteger()),
        sa.CheckConstraint("tipo IN ('glosas')", name=op.f("ck_relatorio_tipo")),
        sa.CheckConstraint("formato IN ('pdf', 'html', 'csv')", name=op.f("ck_relatorio_formato")),
        sa.CheckConstraint(
            "estado IN ('pendente', 'pronto', 'falhou')", name=op.f("ck_relatorio_estado")
        ),
        sa.ForeignKeyConstraint(
            ["operadora_id"],
            ["operadora.id"],
            name="fk_relatorio_operadora_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_relatorio"),
    )
    op.create_index("ix_relatorio_operadora_id", "relatorio", ["operadora_id"])
    pendente = sa.text("estado = 'pendente'")
    op.create_index(
        "uq_relatorio_pendente",
        "relatorio",
        ["operadora_id", "tipo", "protocolo", "formato"],
        unique=True,
        sqlite_where=pendente,
        postgresql_where=pendente,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE relatorio ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE relatorio FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY operadora ON relatorio USING ({_SO_A_DITA})")
