"""Webhooks com as suas entregas, o calendário de faturamento, usuários e convites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
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
    """Cria as tabelas e os seus índices."""
    _webhooks()
    _calendario()
    _usuarios()


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("eventos", sa.Text()),
        sa.Column("homologacao", sa.Boolean(), nullable=False),
        sa.Column("ativo", sa.Boolean(), nullable=False),
        sa.Column("segredo", sa.LargeBinary(), nullable=False),
        sa.Column("segredo_anterior", sa.LargeBinary()),
        sa.Column("anterior_ate", _INSTANTE),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("falhas", sa.Integer(), nullable=False),
        sa.Column("proxima_em", _INSTANTE, nullable=False),
        _fk("webhook", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_operadora_id", "webhook", ["operadora_id"])
    op.create_table(
        "entrega",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("webhook_id", _CHAVE, nullable=False),
        sa.Column("evento_id", sa.String(32), nullable=False),
        sa.Column("evento", sa.Text(), nullable=False),
        sa.Column("assunto", sa.Text(), nullable=False),
        sa.Column("numero", sa.BigInteger(), nullable=False),
        sa.Column("de", sa.SmallInteger()),
        sa.Column("para", sa.SmallInteger()),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("tentativas", sa.Integer(), nullable=False),
        sa.Column("proxima_em", _INSTANTE, nullable=False),
        sa.Column("entregue_em", _INSTANTE),
        sa.Column("resposta", sa.Text()),
        _fk("entrega", "webhook_id", "webhook.id"),
        sa.CheckConstraint("estado IN ('pendente', 'entregue')", name=op.f("ck_entrega_estado")),
        sa.PrimaryKeyConstraint("id", name="pk_entrega"),
        sa.UniqueConstraint("webhook_id", "evento_id", name="uq_entrega_webhook_id_evento_id"),
    )
    op.create_index("ix_entrega_webhook_id_id", "entrega", ["webhook_id", "id"])
    pendente = sa.text("estado = 'pendente'")
    op.create_index(
        "ix_entrega_pendente",
        "entrega",
        ["webhook_id", "assunto", "numero", "id"],
        sqlite_where=pendente,
        postgresql_where=pendente,
    )


def _calendario() -> None:
    op.create_table(
        "periodo",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE),
        sa.Column("competencia", sa.String(6), nullable=False),
        sa.Column("execucao_de", sa.Date(), nullable=False),
        sa.Column("execucao_ate", sa.Date(), nullable=False),
        sa.Column("envio_de", sa.Date(), nullable=False),
        sa.Column("envio_ate", sa.Date(), nullable=False),
        sa.Column("pagamento", sa.Date(), nullable=False),
        _fk("periodo", "operadora_id", "operadora.id"),
        _fk("periodo", "prestador_id", "prestador.id"),
        sa.CheckConstraint("execucao_de <= execucao_ate", name=op.f("ck_periodo_execucao")),
        sa.CheckConstraint("envio_de <= envio_ate", name=op.f("ck_periodo_envio")),
        sa.PrimaryKeyConstraint("id", name="pk_periodo"),
    )
    op.create_index("ix_periodo_operadora_id_envio_ate", "periodo", ["operadora_id", "envio_ate"])


def _usuarios() -> None:
    op.create_table(
        "usuario",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("escopos", _DOCUMENTO, nullable=False),
        sa.Column("ativo", sa.Boolean(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("verificador", sa.Text()),
        sa.Column("trocada_em", _INSTANTE),
        sa.Column("anteriores", _DOCUMENTO),
        _fk("usuario", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("id", name="pk_usuario"),
        sa.UniqueConstraint("operadora_id", "email", name="uq_usuario_operadora_id_email"),
    )
    op.create_table(
        "convite",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("usuario_id", _CHAVE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("expira_em", _INSTANTE, nullable=False),
        sa.Column("usado_em", _INSTANTE),
        _fk("convite", "usuario_id", "usuario.id"),
        sa.PrimaryKeyConstraint("id", name="pk_convite"),
        sa.UniqueConstraint("sha256", name="uq_convite_sha256"),
    )
    op.create_index("ix_convite_usuario_id", "convite", ["usuario_id"])
