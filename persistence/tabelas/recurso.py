"""Os recursos de glosa: o que se contesta, linha a linha, e quanto de cada glosa isso prende."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from persistence.tabelas.base import CHAVE, DOCUMENTO, REAIS, fk, metadados, um_de
from persistence.tipos import Instante

recurso = Table(
    "recurso",
    metadados,
    Column("protocolo_id", CHAVE, fk("protocolo.id"), primary_key=True, autoincrement=False),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False, index=True),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("original_id", CHAVE, fk("protocolo.id"), nullable=False),
    Column("lote_id", CHAVE, fk("lote.id"), nullable=False),
    Column("sequencia", Integer, nullable=False),
    Column("numero_guia", Text, nullable=False),
    Column("numero_guia_operadora", Text),
    Column("sha256", Text, nullable=False),
    Column("vivo", Boolean, nullable=False),
    Column("origem", Text, nullable=False),
    Column("objeto", Text, nullable=False),
    Column("odonto", Boolean, nullable=False),
    Column("prestador_forma", Text, nullable=False),
    Column("prestador_valor", Text, nullable=False),
    Column("data_recurso", Date, nullable=False),
    Column("total_dito", REAIS, nullable=False),
    Column("observacao", Text),
    Column("revisao", Integer, nullable=False),
    UniqueConstraint("original_id", "sequencia"),
    Index(
        "uq_recurso_vivo",
        "prestador_id",
        "numero_guia",
        unique=True,
        sqlite_where=text("vivo"),
        postgresql_where=text("vivo"),
    ),
    um_de("origem", "webservice", "portal", "operadora"),
    um_de("objeto", "1", "2"),
)
"""Um recurso é um protocolo: a situação, os valores e o histórico estão nele.

``original_id`` é o protocolo do lote de que se recorre; ``vivo``, se ainda ocupa o seu número.
"""

recurso_linha = Table(
    "recurso_linha",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("recurso_id", CHAVE, fk("recurso.protocolo_id"), nullable=False),
    Column("original_id", CHAVE, fk("protocolo.id"), nullable=False),
    Column("posicao", Integer, nullable=False),
    Column("chave", Text, nullable=False),
    Column("nivel", Text, nullable=False),
    Column("guia_posicao", Integer),
    Column("item_posicao", Integer),
    Column("grau", Text, nullable=False),
    Column("codigo", Text, nullable=False),
    Column("recursado", REAIS, nullable=False),
    Column("justificativa", Text, nullable=False),
    Column("guia_numero", Text),
    Column("guia_operadora", Text),
    Column("senha", Text),
    Column("sequencial", Integer),
    Column("data_inicio", Date),
    Column("data_fim", Date),
    Column("tabela", Text),
    Column("procedimento", Text),
    Column("descricao", Text),
    Column("dente", Text),
    Column("regiao", Text),
    Column("face", Text),
    Column("quantidade", SmallInteger),
    Column("estado", Text, nullable=False),
    Column("aberta", Boolean, nullable=False),
    Column("acatado", REAIS),
    Column("resposta", Text),
    Column("decidida_em", Instante),
    Column("decidida_por", Text),
    UniqueConstraint("recurso_id", "posicao"),
    Index(None, "original_id"),
    Index(
        "uq_recurso_linha_aberta",
        "original_id",
        "chave",
        unique=True,
        sqlite_where=text("aberta"),
        postgresql_where=text("aberta"),
    ),
    um_de("nivel", "protocolo", "guia", "item"),
    um_de(
        "estado",
        "protocolado",
        "em-analise",
        "autorizado",
        "autorizado-parcial",
        "negado",
        "cancelado",
    ),
    CheckConstraint("recursado >= 0", name="recursado"),
    CheckConstraint("acatado IS NULL OR acatado BETWEEN 0 AND recursado", name="acatado"),
)
"""Aberta até o recurso inteiro se decidir ou cancelar: uma coisa tem uma só linha aberta."""

recurso_parcela = Table(
    "recurso_parcela",
    metadados,
    Column("linha_id", CHAVE, fk("recurso_linha.id"), primary_key=True, autoincrement=False),
    Column("ordem", Integer, primary_key=True, autoincrement=False),
    Column("guia_posicao", Integer),
    Column("item_posicao", Integer),
    Column("grau", Text, nullable=False),
    Column("recursado", REAIS, nullable=False),
    Column("acatado", REAIS),
    CheckConstraint("recursado >= 0", name="recursado"),
    CheckConstraint("acatado IS NULL OR acatado BETWEEN 0 AND recursado", name="acatado"),
    sqlite_with_rowid=False,
)
"""Quanto a linha contesta de cada glosa; é disto que se tira o saldo a recursar."""

recurso_rascunho = Table(
    "recurso_rascunho",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("original_id", CHAVE, fk("protocolo.id"), nullable=False),
    Column("conteudo", DOCUMENTO, nullable=False),
    Column("origem", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("criado_por", Text, nullable=False),
    Column("alterado_em", Instante, nullable=False),
    Column("recurso_id", CHAVE, fk("recurso.protocolo_id")),
    Index(None, "operadora_id", "prestador_id"),
    um_de("origem", "portal", "operadora"),
)
"""Um recurso em digitação; enviado, aponta para o recurso que fez."""

recurso_anexo = Table(
    "recurso_anexo",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("rascunho_id", CHAVE, fk("recurso_rascunho.id"), nullable=False, index=True),
    Column("nome", Text, nullable=False),
    Column("descricao", Text),
    Column("tipo", Text, nullable=False),
    Column("formato", Text, nullable=False),
    Column("guia_posicao", Integer),
    Column("sha256", Text, nullable=False),
    Column("tamanho", BigInteger, nullable=False),
    Column("anexado_em", Instante, nullable=False),
    Column("anexado_por", Text, nullable=False),
    Index(None, "operadora_id", "sha256"),
)
"""Um arquivo de um rascunho; enviado, é um documento do recurso, e daqui sai."""

politica_anexo = Table(
    "politica_anexo",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("extensoes", DOCUMENTO),
    Column("maior_mib", Integer, nullable=False),
    CheckConstraint("maior_mib > 0", name="maior_mib"),
)
"""Que arquivos a operadora aceita com um recurso; sem linha, ou sem extensões, valem todas."""
