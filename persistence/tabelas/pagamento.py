"""Os pagamentos: o que se paga de cada guia, os débitos e créditos, as notas fiscais."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
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
    QUANTIDADE,
    REAIS,
    fk,
    metadados,
    quatro_valores,
    um_de,
)
from persistence.tipos import Instante

pagamento = Table(
    "pagamento",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("chave", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("estado", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("data_prevista", Date, nullable=False),
    Column("data", Date),
    Column("forma", Text, nullable=False),
    Column("banco", Text),
    Column("agencia", Text),
    Column("conta", Text),
    Column("exige_nota", Boolean, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("criado_por", Text, nullable=False),
    Column("confirmado_em", Instante),
    Column("confirmado_por", Text),
    Column("estornado_em", Instante),
    UniqueConstraint("operadora_id", "chave"),
    Index(None, "prestador_id", "data_prevista"),
    Index(None, "prestador_id", "data"),
    um_de("estado", "previsto", "confirmado", "estornado", "cancelado"),
    um_de("forma", "1", "2", "3", "4"),
)
"""``data`` é a do pagamento feito, cujo mês é a competência."""

pagamento_parte = Table(
    "pagamento_parte",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("pagamento_id", CHAVE, fk("pagamento.id"), nullable=False, index=True),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), nullable=False, index=True),
    Column("lote_id", CHAVE, nullable=False),
    Column("guia_posicao", Integer, nullable=False),
    Column("tipo", Text, nullable=False),
    Column("recurso_id", CHAVE, fk("protocolo.id")),
    *quatro_valores(),
    Column("viva", Boolean, nullable=False),
    Column("estornada_em", Instante),
    Column("estornada_por", Text),
    Column("motivo", Text),
    ForeignKeyConstraint(
        ["lote_id", "guia_posicao"],
        ["guia.lote_id", "guia.posicao"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index(
        "uq_pagamento_parte_guia",
        "lote_id",
        "guia_posicao",
        unique=True,
        sqlite_where=text("viva AND tipo = '1'"),
        postgresql_where=text("viva AND tipo = '1'"),
    ),
    Index(
        "uq_pagamento_parte_recurso",
        "recurso_id",
        "guia_posicao",
        unique=True,
        sqlite_where=text("viva AND tipo = '2'"),
        postgresql_where=text("viva AND tipo = '2'"),
    ),
    um_de("tipo", "1", "2"),
    CheckConstraint("(tipo = '2') = (recurso_id IS NOT NULL)", name="recurso_id"),
)
"""Uma guia só está numa parte viva de cada tipo: é o que impede pagar duas vezes.

``tipo`` é ``dm_tipoPagamento``: 1 inicial, 2 recurso, que tem o protocolo do recurso.
"""

lancamento = Table(
    "lancamento",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("pagamento_id", CHAVE, fk("pagamento.id"), index=True),
    Column("nivel", Text, nullable=False),
    Column("indicador", Text, nullable=False),
    Column("tipo", Text, nullable=False),
    Column("descricao", Text, nullable=False),
    Column("valor", REAIS, nullable=False),
    Column("origem", Text, nullable=False),
    Column("estornado_id", CHAVE, fk("pagamento.id")),
    Column("criado_em", Instante, nullable=False),
    Column("criado_por", Text, nullable=False),
    Index(
        "ix_lancamento_pendente",
        "prestador_id",
        sqlite_where=text("pagamento_id IS NULL"),
        postgresql_where=text("pagamento_id IS NULL"),
    ),
    um_de("nivel", "data", "demonstrativo"),
    um_de("indicador", "1", "2"),
    um_de("tipo", "01", "02", "03", "04", "05", "06", "07", "08", "09"),
    um_de("origem", "pessoa", "retencao", "tarifa", "estorno"),
    CheckConstraint("valor > 0", name="valor"),
)
"""Débito (1) ou crédito (2); sem pagamento, espera o próximo do prestador."""

retencao = Table(
    "retencao",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id")),
    Column("tipo", Text, nullable=False),
    Column("percentual", QUANTIDADE, nullable=False),
    Index(
        "uq_retencao_operadora",
        "operadora_id",
        "tipo",
        unique=True,
        sqlite_where=text("prestador_id IS NULL"),
        postgresql_where=text("prestador_id IS NULL"),
    ),
    Index(
        "uq_retencao_prestador",
        "operadora_id",
        "prestador_id",
        "tipo",
        unique=True,
        sqlite_where=text("prestador_id IS NOT NULL"),
        postgresql_where=text("prestador_id IS NOT NULL"),
    ),
    um_de("tipo", "01", "02", "03", "04", "05", "06"),
    CheckConstraint("percentual >= 0 AND percentual <= 1000000", name="percentual"),
)
"""Percentual do bruto; o do prestador vale em lugar do da operadora."""

nota_fiscal = Table(
    "nota_fiscal",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("pagamento_id", CHAVE, fk("pagamento.id"), nullable=False),
    Column("numero", Text, nullable=False),
    Column("serie", Text, nullable=False),
    Column("valor", REAIS, nullable=False),
    Column("emissao", Date, nullable=False),
    Column("documento", Text),
    Column("estado", Text, nullable=False),
    Column("motivo", Text),
    Column("criada_em", Instante, nullable=False),
    Column("enviada_em", Instante),
    Column("decidida_em", Instante),
    Column("decidida_por", Text),
    Index(
        "uq_nota_fiscal_viva",
        "pagamento_id",
        unique=True,
        sqlite_where=text("estado <> 'recusada'"),
        postgresql_where=text("estado <> 'recusada'"),
    ),
    um_de("estado", "rascunho", "em-analise", "aceita", "recusada"),
)
"""``documento`` é a referência do arquivo guardado, quando há."""
