"""Trancas que sobrevivem, troca de senha com prazo, certificados de cliente e cota do arquivo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)


def _fk(tabela: str, coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=f"fk_{tabela}_{coluna}", initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    """Cria as tabelas, as colunas e os índices."""
    for coluna in (
        sa.Column("trocada_em", _INSTANTE),
        sa.Column("filtro", sa.String(2)),
        sa.Column("verificador_anterior", sa.Text()),
        sa.Column("filtro_anterior", sa.String(2)),
        sa.Column("anterior_ate", _INSTANTE),
        sa.Column("anteriores", _DOCUMENTO),
    ):
        op.add_column("credencial", coluna)
    for colunas in (["endereco", "atualizada_em"], ["atualizada_em"]):
        op.create_index(f"ix_tentativa_login_{'_'.join(colunas)}", "tentativa_login", colunas)
    op.create_table(
        "acerto_login",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("login_normal", sa.Text(), nullable=False),
        sa.Column("endereco", sa.Text(), nullable=False),
        sa.Column("em", _INSTANTE, nullable=False),
        _fk("acerto_login", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("operadora_id", "login_normal", "endereco", name="pk_acerto_login"),
    )
    op.create_index("ix_acerto_login_em", "acerto_login", ["em"])
    op.create_table(
        "acesso_prestador",
        sa.Column("prestador_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("autenticacao", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "autenticacao IN ('login', 'certificado', 'ambos')",
            name=op.f("ck_acesso_prestador_autenticacao"),
        ),
        _fk("acesso_prestador", "prestador_id", "prestador.id"),
        sa.PrimaryKeyConstraint("prestador_id", name="pk_acesso_prestador"),
    )
    op.create_table(
        "acesso_operadora",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("credencial_vencida", sa.Text(), nullable=False),
        sa.Column("validade_dias", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "credencial_vencida IN ('avisa', 'recusa')",
            name=op.f("ck_acesso_operadora_credencial_vencida"),
        ),
        sa.CheckConstraint("validade_dias >= 0", name=op.f("ck_acesso_operadora_validade_dias")),
        _fk("acesso_operadora", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("operadora_id", name="pk_acesso_operadora"),
    )
    op.create_table(
        "certificado_prestador",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("titular", sa.Text(), nullable=False),
        sa.Column("emissor", sa.Text(), nullable=False),
        sa.Column("vale_de", _INSTANTE, nullable=False),
        sa.Column("vale_ate", _INSTANTE, nullable=False),
        sa.Column("adicionado_em", _INSTANTE, nullable=False),
        _fk("certificado_prestador", "prestador_id", "prestador.id"),
        sa.PrimaryKeyConstraint("id", name="pk_certificado_prestador"),
        sa.UniqueConstraint(
            "prestador_id", "sha256", name="uq_certificado_prestador_prestador_id_sha256"
        ),
    )
    op.create_table(
        "cota_endereco",
        sa.Column("endereco", sa.Text(), nullable=False),
        sa.Column("dia", sa.Date(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endereco", "dia", name="pk_cota_endereco"),
    )
    op.create_index("ix_cota_endereco_dia", "cota_endereco", ["dia"])
