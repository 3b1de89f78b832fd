"""A análise das contas: quem analisou, o que achou de cada guia e item, as glosas e os preços.

Enquanto a análise corre, os seus números moram em ``resultado_guia`` e ``resultado_item``; só ao
finalizar passam às colunas de ``item``, ``guia`` e ``protocolo``, que são as que se mostram.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from persistence.tabelas.base import (
    CHAVE,
    DOCUMENTO,
    QUANTIDADE,
    REAIS,
    fk,
    metadados,
    quatro_valores,
    um_de,
)
from persistence.tipos import Instante


def _da_guia() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["lote_id", "guia_posicao"],
        ["guia.lote_id", "guia.posicao"],
        deferrable=True,
        initially="DEFERRED",
    )


analise = Table(
    "analise",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), nullable=False),
    Column("rodada", Integer, nullable=False),
    Column("estado", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("politica", Text),
    Column("observacao", Text),
    Column("aberta_em", Instante, nullable=False),
    Column("aberta_por", Text, nullable=False),
    Column("finalizada_em", Instante),
    Column("finalizada_por", Text),
    Column("reaberta_em", Instante),
    Column("reaberta_por", Text),
    UniqueConstraint("protocolo_id", "rodada"),
    Index(
        "uq_analise_viva",
        "protocolo_id",
        unique=True,
        sqlite_where=text("estado <> 'reaberta'"),
        postgresql_where=text("estado <> 'reaberta'"),
    ),
    um_de("estado", "em-curso", "finalizada", "reaberta"),
)
"""Cada rodada de análise de um protocolo; reabrir começa outra."""

analise_registro = Table(
    "analise_registro",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("chave", Text, primary_key=True),
    Column("analise_id", CHAVE, fk("analise.id"), nullable=False, index=True),
    Column("sha256", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("em", Instante, nullable=False),
    Column("quem", Text, nullable=False),
)
"""O que cada chave de quem chama já gravou: a repetição não grava de novo."""

resultado_guia = Table(
    "resultado_guia",
    metadados,
    Column("lote_id", CHAVE, primary_key=True, autoincrement=False),
    Column("guia_posicao", Integer, primary_key=True, autoincrement=False),
    Column("processado", REAIS),
    Column("liberado", REAIS),
    Column("glosa", REAIS),
    Column("observacao", Text),
    _da_guia(),
    sqlite_with_rowid=False,
)
"""Valores ausentes são a soma dos itens e das glosas da guia."""

resultado_item = Table(
    "resultado_item",
    metadados,
    Column("lote_id", CHAVE, primary_key=True, autoincrement=False),
    Column("guia_posicao", Integer, primary_key=True, autoincrement=False),
    Column("item_posicao", Integer, primary_key=True, autoincrement=False),
    Column("grau", Text, primary_key=True),
    Column("quantidade", QUANTIDADE, nullable=False),
    Column("quantidade_paga", QUANTIDADE, nullable=False),
    *quatro_valores(),
    _da_guia(),
    sqlite_with_rowid=False,
)
"""``grau`` vazio é o item inteiro; com graus de participação, há uma linha de cada um."""

glosa = Table(
    "glosa",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), nullable=False, index=True),
    Column("guia_posicao", Integer),
    Column("item_posicao", Integer),
    Column("grau", Text),
    Column("codigo", Text, nullable=False),
    Column("valor", REAIS, nullable=False),
    Column("texto", Text),
    Column("origem", Text, nullable=False),
    um_de("origem", "pessoa", "regra"),
    CheckConstraint(
        "item_posicao IS NULL OR guia_posicao IS NOT NULL",
        name="item_posicao",
    ),
)
"""Sem guia é do protocolo; sem item é da guia."""

analise_apontamento = Table(
    "analise_apontamento",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), nullable=False, index=True),
    Column("guia_posicao", Integer, nullable=False),
    Column("item_posicao", Integer),
    Column("regra", Text, nullable=False),
    Column("acao", Text, nullable=False),
    Column("codigo", Text, nullable=False),
    Column("texto", Text, nullable=False),
    um_de("acao", "critica", "pessoa"),
)
"""O que a primeira análise automática achou e não decidiu."""

regra_analise = Table(
    "regra_analise",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("regra", Text, primary_key=True),
    Column("acao", Text, nullable=False),
    Column("codigo", Text),
    um_de("acao", "glosa", "critica", "pessoa", "desligada"),
)

preco = Table(
    "preco",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("tabela", Text, primary_key=True),
    Column("codigo", Text, primary_key=True),
    Column("inicio", Date, primary_key=True),
    Column("fim", Date),
    Column("valor", REAIS, nullable=False),
    sqlite_with_rowid=False,
)
"""Preço unitário em reais, vigente de ``inicio`` a ``fim``, inclusive."""

politica_cobranca = Table(
    "politica_cobranca",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("valores", Text, nullable=False),
    Column("exige_nota", Text, nullable=False),
    Column("tarifa_bancaria", REAIS, nullable=False),
    Column("bancos_sem_tarifa", DOCUMENTO, nullable=False),
    um_de(
        "valores", "padrao", "glosa-sobre-informado", "glosa-com-sinal", "glosa-a-parte", "livre"
    ),
    um_de("exige_nota", "nunca", "pessoa-juridica", "todos"),
)
