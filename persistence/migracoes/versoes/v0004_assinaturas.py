"""Políticas de assinatura, âncoras e listas de revogados."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON().with_variant(JSONB(), "postgresql")
_VALORES = {
    "assinatura_politica": ("off", "record", "required"),
    "assinatura_titular": ("mesmo-cnpj", "mesma-raiz"),
    "sem_assinatura": ("aceitar", "recusar"),
}
_PADROES = {
    "assinatura_politica": "record",
    "assinatura_titular": "mesmo-cnpj",
    "sem_assinatura": "aceitar",
}


def upgrade() -> None:
    """Acrescenta as colunas e cria as tabelas."""
    for coluna, valores in _VALORES.items():
        _acrescentar("operadora", coluna, valores, padrao=_PADROES[coluna])
        _acrescentar("prestador", coluna, valores, padrao=None)
    op.add_column(
        "operadora",
        sa.Column("confianca_revisao", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("prestador", sa.Column("sha1_ate", sa.Date()))
    op.add_column("prestador", sa.Column("assina_desde", sa.DateTime(timezone=True)))
    _criar_certificados()
    _criar_listas()


def _acrescentar(tabela: str, coluna: str, valores: tuple[str, ...], padrao: str | None) -> None:
    lista = ", ".join(f"'{valor}'" for valor in valores)
    restricao = sa.CheckConstraint(f"{coluna} IN ({lista})", name=op.f(f"ck_{tabela}_{coluna}"))
    op.add_column(
        tabela,
        sa.Column(
            coluna,
            sa.Text(),
            restricao,
            nullable=padrao is None,
            server_default=None if padrao is None else sa.text(f"'{padrao}'"),
        ),
    )


def _da_operadora(tabela: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["operadora_id"],
        ["operadora.id"],
        name=f"fk_{tabela}_operadora_id",
        initially="DEFERRED",
        deferrable=True,
    )


def _criar_certificados() -> None:
    op.create_table(
        "certificado_confiavel",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("impressao", sa.Text(), nullable=False),
        sa.Column("assunto", sa.Text(), nullable=False),
        sa.Column("vale_de", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vale_ate", sa.DateTime(timezone=True), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("posto_em", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "tipo IN ('ancora', 'intermediaria')", name=op.f("ck_certificado_confiavel_tipo")
        ),
        _da_operadora("certificado_confiavel"),
        sa.PrimaryKeyConstraint("id", name="pk_certificado_confiavel"),
        sa.UniqueConstraint(
            "operadora_id", "impressao", name="uq_certificado_confiavel_operadora_id_impressao"
        ),
    )


def _criar_listas() -> None:
    op.create_table(
        "lcr",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("chave_emissor", sa.Text(), nullable=False),
        sa.Column("ponto", sa.Text(), nullable=False),
        sa.Column("enderecos", _DOCUMENTO, nullable=False),
        sa.Column("emissor", sa.Text(), nullable=False),
        sa.Column("emissor_der", sa.LargeBinary(), nullable=False),
        sa.Column("edicao", sa.Integer(), nullable=False),
        sa.Column("emitida_em", sa.DateTime(timezone=True)),
        sa.Column("proxima_em", sa.DateTime(timezone=True)),
        sa.Column("obtida_em", sa.DateTime(timezone=True)),
        sa.Column("sha256", sa.Text()),
        sa.Column("tamanho", sa.Integer()),
        sa.Column("quantos", sa.Integer()),
        sa.Column("tentar_em", sa.DateTime(timezone=True)),
        sa.Column("falhas", sa.Integer(), nullable=False),
        sa.Column("erro", sa.Text()),
        _da_operadora("lcr"),
        sa.PrimaryKeyConstraint("id", name="pk_lcr"),
        sa.UniqueConstraint(
            "operadora_id", "chave_emissor", "ponto", name="uq_lcr_operadora_id_chave_emissor_ponto"
        ),
    )
    op.create_index("ix_lcr_tentar_em", "lcr", ["tentar_em"])
    op.create_table(
        "revogado",
        sa.Column("lcr_id", _CHAVE, autoincrement=False, nullable=False),
        sa.Column("edicao", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serie", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lcr_id"],
            ["lcr.id"],
            name="fk_revogado_lcr_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("lcr_id", "edicao", "serie", name="pk_revogado"),
        sqlite_with_rowid=False,
    )
