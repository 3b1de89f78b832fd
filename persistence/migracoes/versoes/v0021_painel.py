"""Os índices de que o começo do console e as listas de cada situação se tiram sem ler as linhas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_DITA = "SELECT nullif(current_setting('tiss.operadora', true), '')"
_SO_A_DITA = f"({_DITA}) IS NULL OR operadora_id = (SELECT CAST(({_DITA}) AS bigint))"
"""O mesmo que antes, mas a variável lê-se uma vez por comando, e não uma por linha."""

_DOS_RECURSOS = {
    "ix_protocolo_recurso": [
        "operadora_id", "homologacao", "status", "recebido_em", "numero", "informado",
    ],
    "ix_protocolo_numero_do_recurso": ["operadora_id", "numero"],
}  # fmt: skip


def upgrade() -> None:
    """Troca dois índices dos protocolos por outros dois, e dá dois aos recursos.

    Os que já se criaram à parte (``CREATE INDEX CONCURRENTLY``) ficam.
    """
    op.create_index(
        "ix_protocolo_situacao",
        "protocolo",
        ["operadora_id", "homologacao", "status", "numero", "tipo", "recebido_em", "informado"],
        if_not_exists=True,
    )
    op.create_index(
        "ix_protocolo_recepcao",
        "protocolo",
        [
            "operadora_id", "homologacao", "recebido_em", "tipo", "status", "informado", "glosa",
            "analise_visivel",
        ],
        if_not_exists=True,
    )  # fmt: skip
    recurso = sa.text("tipo = 'recurso'")
    for nome, colunas in _DOS_RECURSOS.items():
        op.create_index(
            nome,
            "protocolo",
            colunas,
            if_not_exists=True,
            sqlite_where=recurso,
            postgresql_where=recurso,
        )
    op.drop_index("ix_protocolo_operadora_id_status", "protocolo", if_exists=True)
    op.drop_index("ix_protocolo_operadora_id_recebido_em", "protocolo", if_exists=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER POLICY operadora ON protocolo USING ({_SO_A_DITA})")
