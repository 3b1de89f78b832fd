"""Tokens da API, auditoria que só recebe linhas, e a ordem em que os protocolos mudam."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)

_RECUSA = "a auditoria só recebe linhas"
_CEDO = "a auditoria se guarda por 90 dias"


def _fk(tabela: str, coluna: str, alvo: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [coluna], [alvo], name=f"fk_{tabela}_{coluna}", initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    """Cria as tabelas, os gatilhos, a coluna e os índices."""
    _tabelas()
    if op.get_bind().dialect.name == "postgresql":
        _gatilhos_do_postgres()
    else:
        _gatilhos_do_sqlite()
    op.add_column(
        "protocolo", sa.Column("alteracao", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_protocolo_operadora_id_alteracao_id", "protocolo", ["operadora_id", "alteracao", "id"]
    )
    op.create_index(
        "ix_protocolo_operadora_id_recebido_em", "protocolo", ["operadora_id", "recebido_em"]
    )
    op.create_index("ix_lote_operadora_id_numero", "lote", ["operadora_id", "numero"])
    envio = sa.text("canal = 'upload'")
    for nome, tabela, colunas in (
        ("ix_protocolo_upload", "protocolo", ["mensagem_id"]),
        ("ix_mensagem_upload", "mensagem", ["operadora_id", "recebida_em", "id"]),
    ):
        op.create_index(nome, tabela, colunas, sqlite_where=envio, postgresql_where=envio)


def _tabelas() -> None:
    op.create_table(
        "auditoria",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("quem", sa.Text(), nullable=False),
        sa.Column("porta", sa.Text(), nullable=False),
        sa.Column("acao", sa.Text(), nullable=False),
        sa.Column("alvo_tipo", sa.Text(), nullable=False),
        sa.Column("alvo", sa.Text(), nullable=False),
        sa.Column("detalhes", _DOCUMENTO),
        _fk("auditoria", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("id", name="pk_auditoria"),
    )
    op.create_index("ix_auditoria_operadora_id_id", "auditoria", ["operadora_id", "id"])
    op.create_index("ix_auditoria_em", "auditoria", ["em"])
    op.create_table(
        "auditoria_titular",
        sa.Column("auditoria_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("resumo", sa.String(64), nullable=False),
        _fk("auditoria_titular", "auditoria_id", "auditoria.id"),
        sa.PrimaryKeyConstraint("auditoria_id", "resumo", name="pk_auditoria_titular"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_auditoria_titular_resumo_auditoria_id", "auditoria_titular", ["resumo", "auditoria_id"]
    )
    op.create_table(
        "segredo",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("valor", sa.LargeBinary(), nullable=False),
        _fk("segredo", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("operadora_id", "nome", name="pk_segredo"),
    )
    op.create_table(
        "token_api",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("prefixo", sa.String(12), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("escopos", _DOCUMENTO, nullable=False),
        sa.Column("por_minuto", sa.Integer(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("expira_em", _INSTANTE, nullable=False),
        sa.Column("revogado_em", _INSTANTE),
        sa.Column("usado_em", _INSTANTE),
        _fk("token_api", "operadora_id", "operadora.id"),
        sa.PrimaryKeyConstraint("id", name="pk_token_api"),
        sa.UniqueConstraint("prefixo", name="uq_token_api_prefixo"),
        sa.UniqueConstraint("sha256", name="uq_token_api_sha256"),
    )
    op.create_index("ix_token_api_operadora_id", "token_api", ["operadora_id"])


def _gatilhos_do_postgres() -> None:
    op.execute(
        f"""
        CREATE FUNCTION auditoria_imutavel() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{_RECUSA}';
        END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION auditoria_recente() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            quando timestamptz;
        BEGIN
            IF TG_TABLE_NAME = 'auditoria' THEN
                quando := OLD.em;
            ELSE
                SELECT em INTO quando FROM auditoria WHERE id = OLD.auditoria_id;
            END IF;
            IF quando > now() - interval '90 days' THEN
                RAISE EXCEPTION '{_CEDO}';
            END IF;
            RETURN OLD;
        END $$
        """  # noqa: S608 - só textos daqui
    )
    for tabela in ("auditoria", "auditoria_titular"):
        op.execute(
            f"CREATE TRIGGER {tabela}_sem_mudanca BEFORE UPDATE OR TRUNCATE ON {tabela} "
            "FOR EACH STATEMENT EXECUTE FUNCTION auditoria_imutavel()"
        )
        op.execute(
            f"CREATE TRIGGER {tabela}_sem_perda BEFORE DELETE ON {tabela} "
            "FOR EACH ROW EXECUTE FUNCTION auditoria_recente()"
        )


def _gatilhos_do_sqlite() -> None:
    limite = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-90 days')"
    recentes = {
        "auditoria": f"OLD.em > {limite}",
        "auditoria_titular": (
            "EXISTS (SELECT 1 FROM auditoria a "  # noqa: S608 - só textos daqui
            f"WHERE a.id = OLD.auditoria_id AND a.em > {limite})"
        ),
    }
    for tabela, recente in recentes.items():
        op.execute(
            f"CREATE TRIGGER {tabela}_sem_mudanca BEFORE UPDATE ON {tabela} "
            f"BEGIN SELECT RAISE(ABORT, '{_RECUSA}'); END"
        )
        op.execute(
            f"CREATE TRIGGER {tabela}_sem_perda BEFORE DELETE ON {tabela} WHEN {recente} "
            f"BEGIN SELECT RAISE(ABORT, '{_CEDO}'); END"
        )
