"""Anexos de rascunhos de recurso, os que cada operadora aceita, e o nome de um documento."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_DITA = "current_setting('tiss.operadora', true)"
_SO_A_DITA = (
    f"CASE WHEN coalesce({_DITA}, '') = '' THEN true"
    f" ELSE operadora_id = CAST({_DITA} AS bigint) END"
)


def _fk(tabela: str, coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=f"fk_{tabela}_{coluna}", initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    """Cria as tabelas, com a segunda linha entre operadoras, e a coluna."""
    op.add_column("documento", sa.Column("nome", sa.Text()))
    op.create_table(
        "recurso_anexo",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("rascunho_id", _CHAVE, nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("descricao", sa.Text()),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("formato", sa.Text(), nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("tamanho", sa.BigInteger(), nullable=False),
        sa.Column("anexado_em", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anexado_por", sa.Text(), nullable=False),
        _fk("recurso_anexo", "operadora_id", "operadora.id"),
        _fk("recurso_anexo", "rascunho_id", "recurso_rascunho.id"),
        sa.PrimaryKeyConstraint("id", name="pk_recurso_anexo"),
    )
    op.create_index("ix_recurso_anexo_rascunho_id", "recurso_anexo", ["rascunho_id"])
    op.create_index(
        "ix_recurso_anexo_operadora_id_sha256", "recurso_anexo", ["operadora_id", "sha256"]
    )
    op.create_table(
        "politica_anexo",
        sa.Column("operadora_id", _CHAVE, autoincrement=False, nullable=False),
        sa.Column("extensoes", _DOCUMENTO),
        sa.Column("maior_mib", sa.Integer(), nullable=False),
        _fk("politica_anexo", "operadora_id", "operadora.id"),
        sa.CheckConstraint("maior_mib > 0", name=op.f("ck_politica_anexo_maior_mib")),
        sa.PrimaryKeyConstraint("operadora_id", name="pk_politica_anexo"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for tabela in ("recurso_anexo", "politica_anexo"):
            op.execute(f"ALTER TABLE {tabela} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {tabela} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY operadora ON {tabela} USING ({_SO_A_DITA})")
