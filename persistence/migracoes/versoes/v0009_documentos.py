"""Os documentos que acompanham lotes e guias."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _fk(coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna],
        [alvo],
        name=f"fk_documento_{coluna}",
        initially="DEFERRED",
        deferrable=True,
    )


def upgrade() -> None:
    """Cria a tabela e os seus índices."""
    op.create_table(
        "documento",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("numero", sa.BigInteger(), nullable=False),
        sa.Column("identidade", sa.Text(), nullable=False),
        sa.Column("mensagem_id", sa.Text(), nullable=False),
        sa.Column("recebido_em", sa.DateTime(timezone=True), nullable=False),
        sa.Column("versao", sa.Text(), nullable=False),
        sa.Column("canal", sa.Text(), nullable=False),
        sa.Column("homologacao", sa.Boolean(), nullable=False),
        sa.Column("numero_documento", sa.Text(), nullable=False),
        sa.Column("natureza", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("formato", sa.Text(), nullable=False),
        sa.Column("observacao", sa.Text()),
        sa.Column("guia_prestador", sa.Text()),
        sa.Column("guia_operadora", sa.Text()),
        sa.Column("sequencial_item", sa.Integer()),
        sa.Column("protocolo_id", _CHAVE),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("tamanho", sa.BigInteger(), nullable=False),
        _fk("operadora_id", "operadora.id"),
        _fk("prestador_id", "prestador.id"),
        _fk("mensagem_id", "mensagem.id"),
        _fk("protocolo_id", "protocolo.id"),
        sa.PrimaryKeyConstraint("id", name="pk_documento"),
        sa.UniqueConstraint("operadora_id", "numero", name="uq_documento_operadora_id_numero"),
        sa.UniqueConstraint(
            "prestador_id", "identidade", name="uq_documento_prestador_id_identidade"
        ),
    )
    op.create_index("ix_documento_protocolo_id", "documento", ["protocolo_id"])
    op.create_index(
        "ix_documento_prestador_id_guia_prestador", "documento", ["prestador_id", "guia_prestador"]
    )
    op.create_index("ix_documento_operadora_id_sha256", "documento", ["operadora_id", "sha256"])
