"""Os arquivos que acompanham um recado, e até que aviso cada conta de prestador já leu."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# a variável lê-se uma vez por comando, e não uma por linha
_SO_A_DITA = (
    "operadora_id = coalesce("
    "(SELECT CAST(nullif(current_setting('tiss.operadora', true), '') AS bigint)), operadora_id)"
)


def _fk(coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=f"fk_recado_anexo_{coluna}", initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    """Cria a tabela, com a segunda linha entre operadoras, e a coluna."""
    op.add_column("acesso_conta", sa.Column("avisos_ate", sa.DateTime(timezone=True)))
    op.create_table(
        "recado_anexo",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("recado_id", _CHAVE, nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("formato", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("tamanho", sa.BigInteger(), nullable=False),
        _fk("operadora_id", "operadora.id"),
        _fk("recado_id", "recado.id"),
        sa.PrimaryKeyConstraint("id", name="pk_recado_anexo"),
    )
    op.create_index("ix_recado_anexo_recado_id", "recado_anexo", ["recado_id"])
    op.create_index(
        "ix_recado_anexo_operadora_id_sha256", "recado_anexo", ["operadora_id", "sha256"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE recado_anexo ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE recado_anexo FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY operadora ON recado_anexo USING ({_SO_A_DITA})")
