"""Análise, glosas, preços, pagamentos, lançamentos e notas fiscais."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)
_ESCALADO = sa.BigInteger()


def _fk(colunas: list[str], alvos: list[str], nome: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(colunas, alvos, name=nome, initially="DEFERRED", deferrable=True)


def _unico(nome: str, tabela: str, colunas: list[str], onde: str) -> None:
    op.create_index(
        nome,
        tabela,
        colunas,
        unique=True,
        sqlite_where=sa.text(onde),
        postgresql_where=sa.text(onde),
    )


def upgrade() -> None:
    """Cria as tabelas."""
    _analise()
    _pagamento()


def _analise() -> None:
    op.create_table(
        "analise",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("rodada", sa.Integer(), nullable=False),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("revisao", sa.Integer(), nullable=False),
        sa.Column("politica", sa.Text()),
        sa.Column("observacao", sa.Text()),
        sa.Column("aberta_em", _INSTANTE, nullable=False),
        sa.Column("aberta_por", sa.Text(), nullable=False),
        sa.Column("finalizada_em", _INSTANTE),
        sa.Column("finalizada_por", sa.Text()),
        sa.Column("reaberta_em", _INSTANTE),
        sa.Column("reaberta_por", sa.Text()),
        sa.CheckConstraint(
            "estado IN ('em-curso', 'finalizada', 'reaberta')", name=op.f("ck_analise_estado")
        ),
        _fk(["protocolo_id"], ["protocolo.id"], "fk_analise_protocolo_id"),
        _fk(["operadora_id"], ["operadora.id"], "fk_analise_operadora_id"),
        sa.PrimaryKeyConstraint("id", name="pk_analise"),
        sa.UniqueConstraint("protocolo_id", "rodada", name="uq_analise_protocolo_id_rodada"),
    )
    _unico("uq_analise_viva", "analise", ["protocolo_id"], "estado <> 'reaberta'")
    op.create_table(
        "analise_registro",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("chave", sa.Text(), nullable=False),
        sa.Column("analise_id", _CHAVE, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("revisao", sa.Integer(), nullable=False),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("quem", sa.Text(), nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_analise_registro_operadora_id"),
        _fk(["analise_id"], ["analise.id"], "fk_analise_registro_analise_id"),
        sa.PrimaryKeyConstraint("operadora_id", "chave", name="pk_analise_registro"),
    )
    op.create_index("ix_analise_registro_analise_id", "analise_registro", ["analise_id"])
    op.create_table(
        "resultado_guia",
        sa.Column("lote_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("guia_posicao", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("processado", _ESCALADO),
        sa.Column("liberado", _ESCALADO),
        sa.Column("glosa", _ESCALADO),
        sa.Column("observacao", sa.Text()),
        _fk(
            ["lote_id", "guia_posicao"],
            ["guia.lote_id", "guia.posicao"],
            "fk_resultado_guia_lote_id_guia_posicao",
        ),
        sa.PrimaryKeyConstraint("lote_id", "guia_posicao", name="pk_resultado_guia"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resultado_item",
        sa.Column("lote_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("guia_posicao", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("item_posicao", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("grau", sa.Text(), nullable=False),
        sa.Column("quantidade", _ESCALADO, nullable=False),
        sa.Column("quantidade_paga", _ESCALADO, nullable=False),
        sa.Column("informado", _ESCALADO, nullable=False),
        sa.Column("processado", _ESCALADO, nullable=False),
        sa.Column("liberado", _ESCALADO, nullable=False),
        sa.Column("glosa", _ESCALADO, nullable=False),
        _fk(
            ["lote_id", "guia_posicao"],
            ["guia.lote_id", "guia.posicao"],
            "fk_resultado_item_lote_id_guia_posicao",
        ),
        sa.PrimaryKeyConstraint(
            "lote_id", "guia_posicao", "item_posicao", "grau", name="pk_resultado_item"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "glosa",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("item_posicao", sa.Integer()),
        sa.Column("grau", sa.Text()),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("valor", _ESCALADO, nullable=False),
        sa.Column("texto", sa.Text()),
        sa.Column("origem", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "item_posicao IS NULL OR guia_posicao IS NOT NULL", name=op.f("ck_glosa_item_posicao")
        ),
        sa.CheckConstraint("origem IN ('pessoa', 'regra')", name=op.f("ck_glosa_origem")),
        _fk(["protocolo_id"], ["protocolo.id"], "fk_glosa_protocolo_id"),
        sa.PrimaryKeyConstraint("id", name="pk_glosa"),
    )
    op.create_index("ix_glosa_protocolo_id", "glosa", ["protocolo_id"])
    op.create_table(
        "analise_apontamento",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer(), nullable=False),
        sa.Column("item_posicao", sa.Integer()),
        sa.Column("regra", sa.Text(), nullable=False),
        sa.Column("acao", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("texto", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "acao IN ('critica', 'pessoa')", name=op.f("ck_analise_apontamento_acao")
        ),
        _fk(["protocolo_id"], ["protocolo.id"], "fk_analise_apontamento_protocolo_id"),
        sa.PrimaryKeyConstraint("id", name="pk_analise_apontamento"),
    )
    op.create_index("ix_analise_apontamento_protocolo_id", "analise_apontamento", ["protocolo_id"])
    op.create_table(
        "regra_analise",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("regra", sa.Text(), nullable=False),
        sa.Column("acao", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text()),
        sa.CheckConstraint(
            "acao IN ('glosa', 'critica', 'pessoa', 'desligada')",
            name=op.f("ck_regra_analise_acao"),
        ),
        _fk(["operadora_id"], ["operadora.id"], "fk_regra_analise_operadora_id"),
        sa.PrimaryKeyConstraint("operadora_id", "regra", name="pk_regra_analise"),
    )
    op.create_table(
        "preco",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("tabela", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("inicio", sa.Date(), nullable=False),
        sa.Column("fim", sa.Date()),
        sa.Column("valor", _ESCALADO, nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_preco_operadora_id"),
        sa.PrimaryKeyConstraint("operadora_id", "tabela", "codigo", "inicio", name="pk_preco"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "politica_cobranca",
        sa.Column("operadora_id", _CHAVE, nullable=False, autoincrement=False),
        sa.Column("valores", sa.Text(), nullable=False),
        sa.Column("exige_nota", sa.Text(), nullable=False),
        sa.Column("tarifa_bancaria", _ESCALADO, nullable=False),
        sa.Column("bancos_sem_tarifa", _JSON, nullable=False),
        sa.CheckConstraint(
            "exige_nota IN ('nunca', 'pessoa-juridica', 'todos')",
            name=op.f("ck_politica_cobranca_exige_nota"),
        ),
        sa.CheckConstraint(
            "valores IN ('padrao', 'glosa-sobre-informado', 'glosa-com-sinal', 'glosa-a-parte',"
            " 'livre')",
            name=op.f("ck_politica_cobranca_valores"),
        ),
        _fk(["operadora_id"], ["operadora.id"], "fk_politica_cobranca_operadora_id"),
        sa.PrimaryKeyConstraint("operadora_id", name="pk_politica_cobranca"),
    )


def _pagamento() -> None:
    op.create_table(
        "pagamento",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("chave", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("revisao", sa.Integer(), nullable=False),
        sa.Column("data_prevista", sa.Date(), nullable=False),
        sa.Column("data", sa.Date()),
        sa.Column("forma", sa.Text(), nullable=False),
        sa.Column("banco", sa.Text()),
        sa.Column("agencia", sa.Text()),
        sa.Column("conta", sa.Text()),
        sa.Column("exige_nota", sa.Boolean(), nullable=False),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("criado_por", sa.Text(), nullable=False),
        sa.Column("confirmado_em", _INSTANTE),
        sa.Column("confirmado_por", sa.Text()),
        sa.Column("estornado_em", _INSTANTE),
        sa.CheckConstraint(
            "estado IN ('previsto', 'confirmado', 'estornado', 'cancelado')",
            name=op.f("ck_pagamento_estado"),
        ),
        sa.CheckConstraint("forma IN ('1', '2', '3', '4')", name=op.f("ck_pagamento_forma")),
        _fk(["prestador_id"], ["prestador.id"], "fk_pagamento_prestador_id"),
        _fk(["operadora_id"], ["operadora.id"], "fk_pagamento_operadora_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pagamento"),
        sa.UniqueConstraint("operadora_id", "chave", name="uq_pagamento_operadora_id_chave"),
    )
    op.create_index("ix_pagamento_prestador_id_data", "pagamento", ["prestador_id", "data"])
    op.create_index(
        "ix_pagamento_prestador_id_data_prevista", "pagamento", ["prestador_id", "data_prevista"]
    )
    op.create_table(
        "pagamento_parte",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("pagamento_id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("lote_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("recurso_id", _CHAVE),
        sa.Column("informado", _ESCALADO, nullable=False),
        sa.Column("processado", _ESCALADO, nullable=False),
        sa.Column("liberado", _ESCALADO, nullable=False),
        sa.Column("glosa", _ESCALADO, nullable=False),
        sa.Column("viva", sa.Boolean(), nullable=False),
        sa.Column("estornada_em", _INSTANTE),
        sa.Column("estornada_por", sa.Text()),
        sa.Column("motivo", sa.Text()),
        sa.CheckConstraint(
            "(tipo = '2') = (recurso_id IS NOT NULL)", name=op.f("ck_pagamento_parte_recurso_id")
        ),
        sa.CheckConstraint("tipo IN ('1', '2')", name=op.f("ck_pagamento_parte_tipo")),
        _fk(["recurso_id"], ["protocolo.id"], "fk_pagamento_parte_recurso_id"),
        _fk(
            ["lote_id", "guia_posicao"],
            ["guia.lote_id", "guia.posicao"],
            "fk_pagamento_parte_lote_id_guia_posicao",
        ),
        _fk(["protocolo_id"], ["protocolo.id"], "fk_pagamento_parte_protocolo_id"),
        _fk(["pagamento_id"], ["pagamento.id"], "fk_pagamento_parte_pagamento_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pagamento_parte"),
    )
    _unico(
        "uq_pagamento_parte_guia",
        "pagamento_parte",
        ["lote_id", "guia_posicao"],
        "viva AND tipo = '1'",
    )
    op.create_index("ix_pagamento_parte_pagamento_id", "pagamento_parte", ["pagamento_id"])
    op.create_index("ix_pagamento_parte_protocolo_id", "pagamento_parte", ["protocolo_id"])
    _unico(
        "uq_pagamento_parte_recurso",
        "pagamento_parte",
        ["recurso_id", "guia_posicao"],
        "viva AND tipo = '2'",
    )
    op.create_table(
        "lancamento",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("pagamento_id", _CHAVE),
        sa.Column("nivel", sa.Text(), nullable=False),
        sa.Column("indicador", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("descricao", sa.Text(), nullable=False),
        sa.Column("valor", _ESCALADO, nullable=False),
        sa.Column("origem", sa.Text(), nullable=False),
        sa.Column("estornado_id", _CHAVE),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.Column("criado_por", sa.Text(), nullable=False),
        sa.CheckConstraint("indicador IN ('1', '2')", name=op.f("ck_lancamento_indicador")),
        sa.CheckConstraint("nivel IN ('data', 'demonstrativo')", name=op.f("ck_lancamento_nivel")),
        sa.CheckConstraint(
            "origem IN ('pessoa', 'retencao', 'tarifa', 'estorno')",
            name=op.f("ck_lancamento_origem"),
        ),
        sa.CheckConstraint(
            "tipo IN ('01', '02', '03', '04', '05', '06', '07', '08', '09')",
            name=op.f("ck_lancamento_tipo"),
        ),
        sa.CheckConstraint("valor > 0", name=op.f("ck_lancamento_valor")),
        _fk(["operadora_id"], ["operadora.id"], "fk_lancamento_operadora_id"),
        _fk(["estornado_id"], ["pagamento.id"], "fk_lancamento_estornado_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_lancamento_prestador_id"),
        _fk(["pagamento_id"], ["pagamento.id"], "fk_lancamento_pagamento_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lancamento"),
    )
    op.create_index("ix_lancamento_pagamento_id", "lancamento", ["pagamento_id"])
    op.create_index(
        "ix_lancamento_pendente",
        "lancamento",
        ["prestador_id"],
        sqlite_where=sa.text("pagamento_id IS NULL"),
        postgresql_where=sa.text("pagamento_id IS NULL"),
    )
    op.create_table(
        "retencao",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("percentual", _ESCALADO, nullable=False),
        sa.CheckConstraint(
            "percentual >= 0 AND percentual <= 1000000", name=op.f("ck_retencao_percentual")
        ),
        sa.CheckConstraint(
            "tipo IN ('01', '02', '03', '04', '05', '06')", name=op.f("ck_retencao_tipo")
        ),
        _fk(["operadora_id"], ["operadora.id"], "fk_retencao_operadora_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_retencao_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_retencao"),
    )
    _unico(
        "uq_retencao_prestador",
        "retencao",
        ["operadora_id", "prestador_id", "tipo"],
        "prestador_id IS NOT NULL",
    )
    _unico("uq_retencao_operadora", "retencao", ["operadora_id", "tipo"], "prestador_id IS NULL")
    op.create_table(
        "nota_fiscal",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("pagamento_id", _CHAVE, nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.Column("serie", sa.Text(), nullable=False),
        sa.Column("valor", _ESCALADO, nullable=False),
        sa.Column("emissao", sa.Date(), nullable=False),
        sa.Column("documento", sa.Text()),
        sa.Column("estado", sa.Text(), nullable=False),
        sa.Column("motivo", sa.Text()),
        sa.Column("criada_em", _INSTANTE, nullable=False),
        sa.Column("enviada_em", _INSTANTE),
        sa.Column("decidida_em", _INSTANTE),
        sa.Column("decidida_por", sa.Text()),
        sa.CheckConstraint(
            "estado IN ('rascunho', 'em-analise', 'aceita', 'recusada')",
            name=op.f("ck_nota_fiscal_estado"),
        ),
        _fk(["operadora_id"], ["operadora.id"], "fk_nota_fiscal_operadora_id"),
        _fk(["pagamento_id"], ["pagamento.id"], "fk_nota_fiscal_pagamento_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_nota_fiscal_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_nota_fiscal"),
    )
    _unico("uq_nota_fiscal_viva", "nota_fiscal", ["pagamento_id"], "estado <> 'recusada'")
