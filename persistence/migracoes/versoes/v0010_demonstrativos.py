"""Os demonstrativos emitidos e, por prestador, que itens a análise de conta mostra."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _fk(coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna],
        [alvo],
        name=f"fk_demonstrativo_{coluna}",
        initially="DEFERRED",
        deferrable=True,
    )


def upgrade() -> None:
    """Cria a tabela e a coluna."""
    restricao = sa.CheckConstraint(
        "itens_no_demonstrativo IN ('glosados', 'todos')",
        name=op.f("ck_prestador_itens_no_demonstrativo"),
    )
    op.add_column(
        "prestador",
        sa.Column(
            "itens_no_demonstrativo",
            sa.Text(),
            restricao,
            nullable=False,
            server_default=sa.text("'glosados'"),
        ),
    )
    op.create_table(
        "demonstrativo",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE),
        sa.Column("numero", sa.BigInteger(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("chave", sa.Text(), nullable=False),
        sa.Column("versao", sa.Text(), nullable=False),
        sa.Column("ordem", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("emitido_em", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corpo", sa.LargeBinary(), nullable=False),
        _fk("operadora_id", "operadora.id"),
        _fk("prestador_id", "prestador.id"),
        _fk("protocolo_id", "protocolo.id"),
        sa.CheckConstraint(
            "tipo IN ('1', '2', '3', 'situacao')", name=op.f("ck_demonstrativo_tipo")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_demonstrativo"),
        sa.UniqueConstraint("operadora_id", "numero", name="uq_demonstrativo_operadora_id_numero"),
        sa.UniqueConstraint(
            "prestador_id",
            "chave",
            "versao",
            "ordem",
            name="uq_demonstrativo_prestador_id_chave_versao_ordem",
        ),
    )
    op.create_index("ix_demonstrativo_protocolo_id", "demonstrativo", ["protocolo_id"])
