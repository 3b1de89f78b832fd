"""Ajustes de regras, beneficiários e a busca de guias por número e executante."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _fk(coluna: str, alvo: str, nome: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=nome, initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    """Cria as tabelas e troca o índice."""
    op.create_table(
        "regra_ajuste",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE),
        sa.Column("regra", sa.Text(), nullable=False),
        sa.Column("nivel", sa.Text()),
        sa.Column("tolerancia", sa.Integer()),
        sa.Column("texto", sa.Text()),
        sa.CheckConstraint(
            "nivel IN ('recusa', 'glosa', 'critica', 'nota', 'desligada')",
            name=op.f("ck_regra_ajuste_nivel"),
        ),
        sa.CheckConstraint("tolerancia >= 0", name=op.f("ck_regra_ajuste_tolerancia")),
        _fk("operadora_id", "operadora.id", "fk_regra_ajuste_operadora_id"),
        _fk("prestador_id", "prestador.id", "fk_regra_ajuste_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_regra_ajuste"),
    )
    for nome, colunas, onde in (
        ("uq_regra_ajuste_operadora", ["operadora_id", "regra"], "prestador_id IS NULL"),
        (
            "uq_regra_ajuste_prestador",
            ["operadora_id", "prestador_id", "regra"],
            "prestador_id IS NOT NULL",
        ),
    ):
        op.create_index(
            nome,
            "regra_ajuste",
            colunas,
            unique=True,
            sqlite_where=sa.text(onde),
            postgresql_where=sa.text(onde),
        )
    op.create_table(
        "beneficiario",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("carteira", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("cns", sa.Text()),
        sa.Column("validade", sa.Date()),
        sa.Column("suspenso_desde", sa.Date()),
        sa.Column("suspenso_ate", sa.Date()),
        sa.Column("incluido_em", sa.Date()),
        sa.Column("excluido_em", sa.Date()),
        _fk("operadora_id", "operadora.id", "fk_beneficiario_operadora_id"),
        sa.PrimaryKeyConstraint("operadora_id", "carteira", name="pk_beneficiario"),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_guia_numero_prestador", "guia")
    op.create_index(
        "ix_guia_numero_prestador_executante_id", "guia", ["numero_prestador", "executante_id"]
    )
