"""Recursos de glosa: linhas, parcelas e rascunhos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)
_ESTADOS = (
    "protocolado", "em-analise", "autorizado", "autorizado-parcial", "negado", "cancelado",
)  # fmt: skip


def _fk(tabela: str, coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=f"fk_{tabela}_{coluna}", initially="DEFERRED", deferrable=True
    )


def _um_de(tabela: str, coluna: str, *valores: str) -> sa.CheckConstraint:
    lista = ", ".join(f"'{valor}'" for valor in valores)
    return sa.CheckConstraint(f"{coluna} IN ({lista})", name=op.f(f"ck_{tabela}_{coluna}"))


def _valores(tabela: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("recursado >= 0", name=op.f(f"ck_{tabela}_recursado")),
        sa.CheckConstraint(
            "acatado IS NULL OR acatado BETWEEN 0 AND recursado", name=op.f(f"ck_{tabela}_acatado")
        ),
    ]


def upgrade() -> None:
    """Cria as tabelas e os seus índices."""
    _recurso()
    _linha()
    op.create_table(
        "recurso_parcela",
        sa.Column("linha_id", _CHAVE, autoincrement=False, nullable=False),
        sa.Column("ordem", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("item_posicao", sa.Integer()),
        sa.Column("grau", sa.Text(), nullable=False),
        sa.Column("recursado", sa.BigInteger(), nullable=False),
        sa.Column("acatado", sa.BigInteger()),
        _fk("recurso_parcela", "linha_id", "recurso_linha.id"),
        *_valores("recurso_parcela"),
        sa.PrimaryKeyConstraint("linha_id", "ordem", name="pk_recurso_parcela"),
        sqlite_with_rowid=False,
    )
    _rascunho()


def _recurso() -> None:
    op.create_table(
        "recurso",
        sa.Column("protocolo_id", _CHAVE, autoincrement=False, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("original_id", _CHAVE, nullable=False),
        sa.Column("lote_id", _CHAVE, nullable=False),
        sa.Column("sequencia", sa.Integer(), nullable=False),
        sa.Column("numero_guia", sa.Text(), nullable=False),
        sa.Column("numero_guia_operadora", sa.Text()),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("vivo", sa.Boolean(), nullable=False),
        sa.Column("origem", sa.Text(), nullable=False),
        sa.Column("objeto", sa.Text(), nullable=False),
        sa.Column("odonto", sa.Boolean(), nullable=False),
        sa.Column("prestador_forma", sa.Text(), nullable=False),
        sa.Column("prestador_valor", sa.Text(), nullable=False),
        sa.Column("data_recurso", sa.Date(), nullable=False),
        sa.Column("total_dito", sa.BigInteger(), nullable=False),
        sa.Column("observacao", sa.Text()),
        sa.Column("revisao", sa.Integer(), nullable=False),
        _fk("recurso", "protocolo_id", "protocolo.id"),
        _fk("recurso", "operadora_id", "operadora.id"),
        _fk("recurso", "prestador_id", "prestador.id"),
        _fk("recurso", "original_id", "protocolo.id"),
        _fk("recurso", "lote_id", "lote.id"),
        _um_de("recurso", "origem", "webservice", "portal", "operadora"),
        _um_de("recurso", "objeto", "1", "2"),
        sa.PrimaryKeyConstraint("protocolo_id", name="pk_recurso"),
        sa.UniqueConstraint("original_id", "sequencia", name="uq_recurso_original_id_sequencia"),
    )
    op.create_index("ix_recurso_operadora_id", "recurso", ["operadora_id"])
    vivo = sa.text("vivo")
    op.create_index(
        "uq_recurso_vivo",
        "recurso",
        ["prestador_id", "numero_guia"],
        unique=True,
        sqlite_where=vivo,
        postgresql_where=vivo,
    )


def _linha() -> None:
    op.create_table(
        "recurso_linha",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("recurso_id", _CHAVE, nullable=False),
        sa.Column("original_id", _CHAVE, nullable=False),
        sa.Column("posicao", sa.Integer(), nullable=False),
        sa.Column("chave", sa.Text(), nullable=False),
        sa.Column("nivel", sa.Text(), nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("item_posicao", sa.Integer()),
        sa.Column("grau", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("recursado", sa.BigInteger(), nullable=False),
        sa.Column("justificativa", sa.Text(), nullable=False),
        sa.Column("guia_numero", sa.Text()),
        sa.Column("guia_operadora", sa.Text()),
        sa.Column("senha", sa.Text()),
        sa.Column("sequencial", sa.Integer()),
        sa.Column("data_inicio", sa.Date()),
        sa.Column("data_fim", sa.Date()),
        sa.Column("tabela", sa.Text()),
        sa.Column("procedimento", sa.Text()),
        sa.Column("descricao", sa.Text()),
        sa.Column("dente", sa.Text()),
        sa.Column("regiao", sa.Text()),
        sa.Column("face", sa.Text()),
        sa.Column("quantidade", sa.SmallInteger()),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("aberta", sa.Boolean(), nullable=False),
        sa.Column("acatado", sa.BigInteger()),
        sa.Column("resposta", sa.Text()),
        sa.Column("decidida_em", _INSTANTE),
        sa.Column("decidida_por", sa.Text()),
        _fk("recurso_linha", "recurso_id", "recurso.protocolo_id"),
        _fk("recurso_linha", "original_id", "protocolo.id"),
        _um_de("recurso_linha", "nivel", "protocolo", "guia", "item"),
        _um_de("recurso_linha", "estado", *_ESTADOS),
        *_valores("recurso_linha"),
        sa.PrimaryKeyConstraint("id", name="pk_recurso_linha"),
        sa.UniqueConstraint("recurso_id", "posicao", name="uq_recurso_linha_recurso_id_posicao"),
    )
    op.create_index("ix_recurso_linha_original_id", "recurso_linha", ["original_id"])
    aberta = sa.text("aberta")
    op.create_index(
        "uq_recurso_linha_aberta",
        "recurso_linha",
        ["original_id", "chave"],
        unique=True,
        sqlite_where=aberta,
        postgresql_where=aberta,
    )


def _rascunho() -> None:
    op.create_table(
        "recurso_rascunho",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("original_id", _CHAVE, nullable=False),
        sa.Column("conteudo", _DOCUMENTO, nullable=False),
        sa.Column("origem", sa.Text(), nullable=False),
        sa.Column("revisao", sa.Integer(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("criado_por", sa.Text(), nullable=False),
        sa.Column("alterado_em", _INSTANTE, nullable=False),
        sa.Column("recurso_id", _CHAVE),
        _fk("recurso_rascunho", "operadora_id", "operadora.id"),
        _fk("recurso_rascunho", "prestador_id", "prestador.id"),
        _fk("recurso_rascunho", "original_id", "protocolo.id"),
        _fk("recurso_rascunho", "recurso_id", "recurso.protocolo_id"),
        _um_de("recurso_rascunho", "origem", "portal", "operadora"),
        sa.PrimaryKeyConstraint("id", name="pk_recurso_rascunho"),
    )
    op.create_index(
        "ix_recurso_rascunho_operadora_id_prestador_id",
        "recurso_rascunho",
        ["operadora_id", "prestador_id"],
    )
