"""A segunda linha entre operadoras no PostgreSQL, e quando se expurgou um documento."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COM_OPERADORA = (
    "acerto_login", "acesso_operadora", "analise", "analise_registro", "auditoria",
    "beneficiario", "certificado_confiavel", "credencial", "demonstrativo", "documento",
    "lancamento", "lcr", "lote", "mensagem", "nota_arquivo", "nota_fiscal", "pagamento",
    "pedido_feito", "periodo", "politica_cobranca", "preco", "prestador", "protocolo", "recado",
    "recurso", "recurso_rascunho", "regra_ajuste", "regra_analise", "retencao", "segredo",
    "serie", "tentativa_login", "token_api", "usuario", "webhook",
)  # fmt: skip
_DITA = "current_setting('tiss.operadora', true)"
# o planejador dá metade das linhas a um CASE; a um OR daria quase nenhuma, e trocaria de plano
_SO_A_DITA = (
    f"CASE WHEN coalesce({_DITA}, '') = '' THEN true"
    f" ELSE operadora_id = CAST({_DITA} AS bigint) END"
)


def upgrade() -> None:
    """Cria as políticas, a coluna e o índice do que ainda tem conteúdo."""
    op.add_column("documento", sa.Column("expurgado_em", sa.DateTime(timezone=True)))
    guardado = sa.text("expurgado_em IS NULL")
    op.create_index(
        "ix_documento_por_expurgar",
        "documento",
        ["recebido_em"],
        sqlite_where=guardado,
        postgresql_where=guardado,
    )
    if op.get_bind().dialect.name == "postgresql":
        for tabela in _COM_OPERADORA:
            op.execute(f"ALTER TABLE {tabela} ENABLE ROW LEVEL SECURITY")
            # o dono das tabelas é quem o gateway usa
            op.execute(f"ALTER TABLE {tabela} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY operadora ON {tabela} USING ({_SO_A_DITA})")
