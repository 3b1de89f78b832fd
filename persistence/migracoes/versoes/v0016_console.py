"""O console: contas de prestadores, sessões, segundo fator, e o índice das mensagens com erro."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENTO = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)
_COM_OPERADORA = ("acesso_conta", "convite_prestador")
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
    """Cria as tabelas, os seus índices e as políticas das que são de uma operadora."""
    _contas()
    _sessoes()
    # as recusas são poucas entre muitas mensagens, e quem as procura não lê as outras
    com_erro = sa.text("erro IS NOT NULL")
    op.create_index(
        "ix_mensagem_com_erro",
        "mensagem",
        ["operadora_id", "recebida_em", "id"],
        if_not_exists=True,
        sqlite_where=com_erro,
        postgresql_where=com_erro,
    )
    if op.get_bind().dialect.name == "postgresql":
        for tabela in _COM_OPERADORA:
            op.execute(f"ALTER TABLE {tabela} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {tabela} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY operadora ON {tabela} USING ({_SO_A_DITA})")


def _contas() -> None:
    op.create_table(
        "conta_prestador",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_secundario", sa.Text()),
        sa.Column("ativo", sa.Boolean(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("verificador", sa.Text()),
        sa.Column("trocada_em", _INSTANTE),
        sa.Column("anteriores", _DOCUMENTO),
        sa.Column("termos", sa.Text()),
        sa.Column("termos_em", _INSTANTE),
        sa.PrimaryKeyConstraint("id", name="pk_conta_prestador"),
        sa.UniqueConstraint("login", name="uq_conta_prestador_login"),
    )
    op.create_table(
        "acesso_conta",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("conta_id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("ativo", sa.Boolean(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        _fk("acesso_conta", "conta_id", "conta_prestador.id"),
        _fk("acesso_conta", "operadora_id", "operadora.id"),
        _fk("acesso_conta", "prestador_id", "prestador.id"),
        sa.PrimaryKeyConstraint("id", name="pk_acesso_conta"),
        sa.UniqueConstraint(
            "conta_id", "prestador_id", name="uq_acesso_conta_conta_id_prestador_id"
        ),
    )
    op.create_index("ix_acesso_conta_operadora_id", "acesso_conta", ["operadora_id"])
    op.create_table(
        "convite_prestador",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("conta_id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("expira_em", _INSTANTE, nullable=False),
        sa.Column("usado_em", _INSTANTE),
        _fk("convite_prestador", "conta_id", "conta_prestador.id"),
        _fk("convite_prestador", "operadora_id", "operadora.id"),
        _fk("convite_prestador", "prestador_id", "prestador.id"),
        sa.PrimaryKeyConstraint("id", name="pk_convite_prestador"),
        sa.UniqueConstraint("sha256", name="uq_convite_prestador_sha256"),
    )
    op.create_index("ix_convite_prestador_conta_id", "convite_prestador", ["conta_id"])


def _sessoes() -> None:
    op.create_table(
        "sessao",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("usuario_id", _CHAVE),
        sa.Column("conta_id", _CHAVE),
        sa.Column("acesso_id", _CHAVE),
        sa.Column("confirmada", sa.Boolean(), nullable=False),
        sa.Column("criada_em", _INSTANTE, nullable=False),
        sa.Column("usada_em", _INSTANTE, nullable=False),
        sa.Column("endereco", sa.Text(), nullable=False),
        sa.Column("recados", _DOCUMENTO),
        _fk("sessao", "usuario_id", "usuario.id"),
        _fk("sessao", "conta_id", "conta_prestador.id"),
        _fk("sessao", "acesso_id", "acesso_conta.id"),
        sa.CheckConstraint(
            "(usuario_id IS NULL) <> (conta_id IS NULL)", name=op.f("ck_sessao_dono")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sessao"),
        sa.UniqueConstraint("sha256", name="uq_sessao_sha256"),
    )
    op.create_index("ix_sessao_usuario_id", "sessao", ["usuario_id"])
    op.create_index("ix_sessao_conta_id", "sessao", ["conta_id"])
    op.create_table(
        "segundo_fator",
        sa.Column("usuario_id", _CHAVE, autoincrement=False, nullable=False),
        sa.Column("segredo", sa.LargeBinary(), nullable=False),
        sa.Column("ativado_em", _INSTANTE),
        sa.Column("ultimo_passo", sa.BigInteger(), nullable=False),
        sa.Column("recuperacao", _DOCUMENTO, nullable=False),
        _fk("segundo_fator", "usuario_id", "usuario.id"),
        sa.PrimaryKeyConstraint("usuario_id", name="pk_segundo_fator"),
    )
