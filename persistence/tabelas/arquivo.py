"""O arquivo das mensagens e o que já se executou."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados, um_de
from persistence.tipos import Instante

mensagem = Table(
    "mensagem",
    metadados,
    Column("id", Text, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id")),
    Column("prestador_id", CHAVE, fk("prestador.id")),
    Column("recebida_em", Instante, nullable=False),
    Column("canal", Text, nullable=False),
    Column("servico", Text),
    Column("versao", Text),
    Column("raiz", Text),
    Column("tipo_transacao", Text),
    Column("sequencial", Text),
    Column("endereco", Text),
    Column("soap", Text),
    Column("tamanho", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("pedido", LargeBinary),
    Column("integral", Boolean, nullable=False),
    Column("resposta", LargeBinary),
    Column("resposta_sha256", Text),
    Column("desfecho", Text, nullable=False),
    Column("erro", Text),
    Column("http", SmallInteger),
    Column("hash_variante", Text),
    Column("assinatura", Text),
    Column("detalhes", DOCUMENTO),
    Column("duracao_us", BigInteger),
    Column("autenticada", Boolean),
    Column("pedido_sha256", Text),
    Column("expurgada_em", Instante),
    Column("etapas", Text),
    Index(None, "operadora_id", "recebida_em"),
    Index(None, "prestador_id", "recebida_em"),
    Index(
        "ix_mensagem_por_expurgar",
        "recebida_em",
        sqlite_where=text("expurgada_em IS NULL"),
        postgresql_where=text("expurgada_em IS NULL"),
    ),
    Index(
        "ix_mensagem_recusada_por_expurgar",
        "recebida_em",
        sqlite_where=text("expurgada_em IS NULL AND desfecho <> 'respondida'"),
        postgresql_where=text("expurgada_em IS NULL AND desfecho <> 'respondida'"),
    ),
    Index(
        "ix_mensagem_com_erro",
        "operadora_id",
        "recebida_em",
        "id",
        sqlite_where=text("erro IS NOT NULL"),
        postgresql_where=text("erro IS NOT NULL"),
    ),
    Index(
        "ix_mensagem_upload",
        "operadora_id",
        "recebida_em",
        "id",
        sqlite_where=text("canal = 'upload'"),
        postgresql_where=text("canal = 'upload'"),
    ),
    um_de("desfecho", "respondida", "recusada", "falha"),
)

execucao = Table(
    "execucao",
    metadados,
    Column("prestador_id", CHAVE, fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("servico", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("mensagem_id", Text, fk("mensagem.id"), nullable=False),
)

repasse_em_curso = Table(
    "repasse_em_curso",
    metadados,
    Column("prestador_id", CHAVE, fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("servico", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("mensagem_id", Text, nullable=False),
    Column("ate", Instante, nullable=False),
)
"""A mensagem ainda não está no arquivo: ``mensagem_id`` não é chave estrangeira."""
