"""As tabelas, para SQLite e PostgreSQL.

Valores em reais são centavos (sufixo nenhum, tipo ``_reais``); quantidades e fatores são inteiros
escalados; instantes são UTC. Toda chave estrangeira só é conferida no commit: a mensagem que dá
origem a um protocolo é arquivada por último, na mesma transação.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from persistence.tipos import CASAS_FATOR, CASAS_QUANTIDADE, CASAS_REAIS, Escalado, Instante

metadados = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_chave = BigInteger().with_variant(Integer, "sqlite")
"""No SQLite só ``INTEGER`` numera sozinho."""

_json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_reais = Escalado(CASAS_REAIS)
_quantidade = Escalado(CASAS_QUANTIDADE)
_fator = Escalado(CASAS_FATOR)


def _fk(alvo: str) -> ForeignKey:
    return ForeignKey(alvo, deferrable=True, initially="DEFERRED")


def _um_de(coluna: str, *valores: str) -> CheckConstraint:
    lista = ", ".join(f"'{valor}'" for valor in valores)
    return CheckConstraint(f"{coluna} IN ({lista})", name=coluna)


def _quatro_valores() -> list[Column[Any]]:
    return [
        Column("informado", _reais, nullable=False),
        Column("processado", _reais, nullable=False),
        Column("liberado", _reais, nullable=False),
        Column("glosa", _reais, nullable=False),
    ]


operadora = Table(
    "operadora",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("registro_ans", String(6), nullable=False, unique=True),
    Column("cnpj", String(14), nullable=False),
    Column("nome", Text, nullable=False),
    Column("recusa", Text, nullable=False),
    Column("credenciais", Text, nullable=False),
    Column("lote_repetido", Text, nullable=False),
    Column("hash_modo", Text, nullable=False),
    Column("versoes_recusadas", _json, nullable=False),
    Column("falha_com_200", Boolean, nullable=False),
    Column("largura_protocolo", SmallInteger, nullable=False),
    Column("criada_em", Instante, nullable=False),
    _um_de("recusa", "fault", "mensagemErro"),
    _um_de("credenciais", "registradas", "exigidas"),
    _um_de("lote_repetido", "mesmo-protocolo", "recusar"),
    _um_de("hash_modo", "strict", "tolerant", "off"),
    CheckConstraint("largura_protocolo BETWEEN 0 AND 12", name="largura_protocolo"),
)

prestador = Table(
    "prestador",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id"), nullable=False),
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
    Column("versoes", _json),
    Column("criado_em", Instante, nullable=False),
    UniqueConstraint("operadora_id", "codigo"),
    Index(None, "operadora_id", "cnpj"),
    Index(None, "operadora_id", "cpf"),
    _um_de("recusa", "fault", "mensagemErro"),
    _um_de("hash_modo", "strict", "tolerant", "off"),
    _um_de("credenciais", "registradas", "exigidas"),
)

envia_por = Table(
    "envia_por",
    metadados,
    Column("remetente_id", _chave, _fk("prestador.id"), primary_key=True),
    Column("executante_id", _chave, _fk("prestador.id"), primary_key=True),
)

credencial = Table(
    "credencial",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id"), nullable=False),
    Column("prestador_id", _chave, _fk("prestador.id"), nullable=False, index=True),
    Column("login_normal", Text, nullable=False),
    Column("verificador", Text, nullable=False),
    Column("revisao", Integer, nullable=False),
    Column("criada_em", Instante, nullable=False),
    Column("expira_em", Instante),
    Column("ativa", Boolean, nullable=False),
    UniqueConstraint("operadora_id", "login_normal"),
)

tentativa_login = Table(
    "tentativa_login",
    metadados,
    Column("operadora_id", _chave, _fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("login_normal", Text, primary_key=True),
    Column("endereco", Text, primary_key=True),
    Column("erros", _json, nullable=False),
    Column("bloqueada_ate", Instante),
    Column("atualizada_em", Instante, nullable=False),
)

serie = Table(
    "serie",
    metadados,
    Column("operadora_id", _chave, _fk("operadora.id"), primary_key=True, autoincrement=False),
    Column("nome", Text, primary_key=True),
    Column("proximo", BigInteger, nullable=False),
)
"""Só no SQLite tem linhas; no PostgreSQL cada série é uma sequência."""

mensagem = Table(
    "mensagem",
    metadados,
    Column("id", Text, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id")),
    Column("prestador_id", _chave, _fk("prestador.id")),
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
    Column("detalhes", _json),
    Column("duracao_us", BigInteger),
    Index(None, "operadora_id", "recebida_em"),
    Index(None, "prestador_id", "recebida_em"),
    _um_de("desfecho", "respondida", "recusada", "falha"),
)

execucao = Table(
    "execucao",
    metadados,
    Column("prestador_id", _chave, _fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("servico", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("mensagem_id", Text, _fk("mensagem.id"), nullable=False),
)

repasse_em_curso = Table(
    "repasse_em_curso",
    metadados,
    Column("prestador_id", _chave, _fk("prestador.id"), primary_key=True, autoincrement=False),
    Column("servico", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("mensagem_id", Text, nullable=False),
    Column("ate", Instante, nullable=False),
)
"""A mensagem ainda não está no arquivo: ``mensagem_id`` não é chave estrangeira."""

lote = Table(
    "lote",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id"), nullable=False),
    Column("prestador_id", _chave, _fk("prestador.id"), nullable=False),
    Column("numero", Text, nullable=False),
    Column("tipo", Text, nullable=False),
    Column("quantidade_guias", Integer, nullable=False),
    Column("vivo", Boolean, nullable=False),
    Index(
        "uq_lote_vivo",
        "prestador_id",
        "numero",
        unique=True,
        sqlite_where=text("vivo"),
        postgresql_where=text("vivo"),
    ),
)

protocolo = Table(
    "protocolo",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id"), nullable=False),
    Column("numero", BigInteger, nullable=False),
    Column("prestador_id", _chave, _fk("prestador.id"), nullable=False),
    Column("tipo", Text, nullable=False),
    Column("lote_id", _chave, _fk("lote.id"), index=True),
    Column("mensagem_id", Text, _fk("mensagem.id"), nullable=False),
    Column("versao", Text, nullable=False),
    Column("canal", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("recebido_em", Instante, nullable=False),
    Column("data_envio", Date, nullable=False),
    Column("homologacao", Boolean, nullable=False),
    *_quatro_valores(),
    Column("analise_visivel", Boolean, nullable=False),
    Column("avisos", _json),
    UniqueConstraint("operadora_id", "numero"),
    Index(None, "prestador_id", "recebido_em"),
    Index(None, "operadora_id", "status"),
)

historico = Table(
    "historico",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("protocolo_id", _chave, _fk("protocolo.id"), nullable=False, index=True),
    Column("em", Instante, nullable=False),
    Column("de", SmallInteger),
    Column("para", SmallInteger, nullable=False),
    Column("quem", Text, nullable=False),
    Column("motivo", Text),
)
"""As situações de cada protocolo; só recebe linhas, nunca as muda."""

guia = Table(
    "guia",
    metadados,
    Column("lote_id", _chave, _fk("lote.id"), primary_key=True, autoincrement=False),
    Column("posicao", Integer, primary_key=True, autoincrement=False),
    Column("registro_ans", Text),
    Column("numero_prestador", Text, nullable=False),
    Column("numero_operadora", Text),
    Column("guia_principal", Text),
    Column("senha", Text),
    Column("carteira", Text, nullable=False),
    Column("atendimento_rn", Text, nullable=False),
    Column("tipo_ident", Text),
    Column("nome_beneficiario", Text),
    Column("cns", Text),
    Column("executante_forma", Text, nullable=False),
    Column("executante_valor", Text, nullable=False),
    Column("executante_id", _chave, _fk("prestador.id")),
    Column("cnes", Text),
    Column("data_inicio", Date),
    Column("hora_inicio", Time),
    Column("data_fim", Date),
    Column("hora_fim", Time),
    Column("data_realizacao", Date),
    Column("ausencia_cod_validacao", Text),
    Column("cod_validacao", Text),
    Column("total_franquia", _reais),
    Column("status", SmallInteger, nullable=False),
    *_quatro_valores(),
    # o mesmo número é de muitos prestadores; sem o executante, acha-se por ele também
    Index(None, "numero_prestador", "executante_id"),
    sqlite_with_rowid=False,
)

item = Table(
    "item",
    metadados,
    Column("lote_id", _chave, primary_key=True, autoincrement=False),
    Column("guia_posicao", Integer, primary_key=True, autoincrement=False),
    Column("posicao", Integer, primary_key=True, autoincrement=False),
    Column("despesa", Boolean, nullable=False),
    Column("sequencial", Integer, nullable=False),
    Column("data", Date, nullable=False),
    Column("tabela", Text, nullable=False),
    Column("codigo", Text, nullable=False),
    Column("descricao", Text),
    Column("quantidade", _quantidade, nullable=False),
    Column("valor_unitario", _reais, nullable=False),
    Column("fator", _fator),
    Column("hora_inicial", Time),
    Column("hora_final", Time),
    Column("unidade", Text),
    Column("via", Text),
    Column("tecnica", Text),
    Column("codigo_despesa", Text),
    Column("centro_consumo", Text),
    Column("item_vinculado", Integer),
    Column("graus", Text),
    Column("dente", Text),
    Column("regiao", Text),
    Column("face", Text),
    Column("quantidade_us", _quantidade),
    Column("franquia", _reais),
    Column("autorizado", Text),
    *_quatro_valores(),
    ForeignKeyConstraint(
        ["lote_id", "guia_posicao"],
        ["guia.lote_id", "guia.posicao"],
        deferrable=True,
        initially="DEFERRED",
    ),
    sqlite_with_rowid=False,
)
"""``informado`` é o valor total do item."""

critica = Table(
    "critica",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("lote_id", _chave, _fk("lote.id"), nullable=False, index=True),
    Column("guia_posicao", Integer),
    Column("item_posicao", Integer),
    Column("regra", Text, nullable=False),
    Column("codigo", Text, nullable=False),
    Column("nivel", Text, nullable=False),
    Column("texto", Text, nullable=False),
)

regra_ajuste = Table(
    "regra_ajuste",
    metadados,
    Column("id", _chave, primary_key=True),
    Column("operadora_id", _chave, _fk("operadora.id"), nullable=False),
    Column("prestador_id", _chave, _fk("prestador.id")),
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
    _um_de("nivel", "recusa", "glosa", "critica", "nota", "desligada"),
    CheckConstraint("tolerancia >= 0", name="tolerancia"),
)
"""O que a operadora muda numa regra, para todos ou para um prestador."""

beneficiario = Table(
    "beneficiario",
    metadados,
    Column("operadora_id", _chave, _fk("operadora.id"), primary_key=True, autoincrement=False),
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
