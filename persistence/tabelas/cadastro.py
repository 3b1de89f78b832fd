"""O cadastro: operadoras, prestadores, credenciais, séries, regras e beneficiários."""

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
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from persistence.tabelas import demonstrativos
from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados, um_de
from persistence.tabelas.politica_de_assinatura import da_operadora, do_prestador
from persistence.tipos import Instante

operadora = Table(
    "operadora",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("registro_ans", String(6), nullable=False, unique=True),
    Column("cnpj", String(14), nullable=False),
    Column("nome", Text, nullable=False),
    Column("recusa", Text, nullable=False),
    Column("credenciais", Text, nullable=False),
    Column("lote_repetido", Text, nullable=False),
    Column("hash_modo", Text, nullable=False),
    Column("versoes_recusadas", DOCUMENTO, nullable=False),
    Column("falha_com_200", Boolean, nullable=False),
    Column("largura_protocolo", SmallInteger, nullable=False),
    Column("criada_em", Instante, nullable=False),
    *da_operadora(),
    Column("largura_recurso", SmallInteger),
    Column("largura_demonstrativo", SmallInteger),
    Column("padrao_guia", Text),
    um_de("recusa", "fault", "mensagemErro"),
    um_de("credenciais", "registradas", "exigidas"),
    um_de("lote_repetido", "mesmo-protocolo", "recusar"),
    um_de("hash_modo", "strict", "tolerant", "off"),
    CheckConstraint("largura_protocolo BETWEEN 0 AND 12", name="largura_protocolo"),
)

prestador = Table(
    "prestador",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("codigo", String(14), nullable=False),
    Column("nome", Text, nullable=False),
    Column("cnpj", String(14)),
    Column("cpf", String(11)),
    Column("cnes", String(7)),
    Column("recusa", Text),
    Column("hash_modo", Text),
    Column("credenciais", Text),
    Column("homologacao", Boolean, nullable=False),
    Column("ativo", Boolean, nullable=False),
    Column("versoes", DOCUMENTO),
    Column("criado_em", Instante, nullable=False),
    *do_prestador(),
    *demonstrativos.do_prestador(),
    UniqueConstraint("operadora_id", "codigo"),
    Index(None, "operadora_id", "cnpj"),
    Index(None, "operadora_id", "cpf"),
    um_de("recusa", "fault", "mensagemErro"),
    um_de("hash_modo", "strict", "tolerant", "off"),
    um_de("credenciais", "registradas", "exigidas"),
)

envia_por = Table(
    "envia_por",
    metadados,
    Column("remetente_id", CHAVE, fk("prestador.id"), primary_key=True),
    Column("executante_id", CHAVE, fk("prestador.id"), primary_key=True),
)

credencial = Table(
    "credencial",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False, index=True),
    Column("login_normal", Text, nullable=False),
    Column("verificador", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("criada_em", Instante, nullable=False),
    Column("expira_em", Instante),
    Column("ativa", Boolean, nullable=False),
    Column("trocada_em", Instante),
    Column("filtro", String(2)),
    Column("verificador_anterior", Text),
    Column("filtro_anterior", String(2)),
    Column("anterior_ate", Instante),
    Column("anteriores", DOCUMENTO),
    UniqueConstraint("operadora_id", "login_normal"),
)

tentativa_login = Table(
    "tentativa_login",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("login_normal", Text, primary_key=True),
    Column("endereco", Text, primary_key=True),
    Column("erros", DOCUMENTO, nullable=False),
    Column("bloqueada_ate", Instante),
    Column("atualizada_em", Instante, nullable=False),
    Index(None, "endereco", "atualizada_em"),
    Index(None, "atualizada_em"),
)

serie = Table(
    "serie",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("nome", Text, primary_key=True),
    Column("proximo", BigInteger, nullable=False),
)
"""No PostgreSQL as séries de protocolos são sequências, e aqui só há as de guias."""

regra_ajuste = Table(
    "regra_ajuste",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id")),
    Column("regra", Text, nullable=False),
    Column("nivel", Text),
    Column("tolerancia", Integer),
    Column("texto", Text),
    Index(
        "uq_regra_ajuste_operadora",
        "operadora_id",
        "regra",
        unique=True,
        sqlite_where=text("prestador_id IS NULL"),
        postgresql_where=text("prestador_id IS NULL"),
    ),
    Index(
        "uq_regra_ajuste_prestador",
        "operadora_id",
        "prestador_id",
        "regra",
        unique=True,
        sqlite_where=text("prestador_id IS NOT NULL"),
        postgresql_where=text("prestador_id IS NOT NULL"),
    ),
    um_de("nivel", "recusa", "glosa", "critica", "nota", "desligada"),
    CheckConstraint("tolerancia >= 0", name="tolerancia"),
)
"""O que a operadora muda numa regra, para todos ou para um prestador."""

beneficiario = Table(
    "beneficiario",
    metadados,
    Column("operadora_id", CHAVE, fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("carteira", Text, primary_key=True),
    Column("nome", Text, nullable=False),
    Column("cns", Text),
    Column("validade", Date),
    Column("suspenso_desde", Date),
    Column("suspenso_ate", Date),
    Column("incluido_em", Date),
    Column("excluido_em", Date),
    sqlite_with_rowid=False,
)
