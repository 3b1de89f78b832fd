"""As tabelas da primeira versão."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CHAVE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_INSTANTE = sa.DateTime(timezone=True)


def _fk(colunas: list[str], alvos: list[str], nome: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(colunas, alvos, name=nome, initially="DEFERRED", deferrable=True)


def upgrade() -> None:
    """Cria as tabelas."""
    op.create_table(
        "operadora",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("registro_ans", sa.String(length=6), nullable=False),
        sa.Column("cnpj", sa.String(length=14), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("recusa", sa.Text(), nullable=False),
        sa.Column("credenciais", sa.Text(), nullable=False),
        sa.Column("lote_repetido", sa.Text(), nullable=False),
        sa.Column("hash_modo", sa.Text(), nullable=False),
        sa.Column("versoes_recusadas", _JSON, nullable=False),
        sa.Column("falha_com_200", sa.Boolean(), nullable=False),
        sa.Column("largura_protocolo", sa.SmallInteger(), nullable=False),
        sa.Column("criada_em", _INSTANTE, nullable=False),
        sa.CheckConstraint(
            "credenciais IN ('registradas', 'exigidas')", name=op.f("ck_operadora_credenciais")
        ),
        sa.CheckConstraint(
            "hash_modo IN ('strict', 'tolerant', 'off')", name=op.f("ck_operadora_hash_modo")
        ),
        sa.CheckConstraint(
            "lote_repetido IN ('mesmo-protocolo', 'recusar')",
            name=op.f("ck_operadora_lote_repetido"),
        ),
        sa.CheckConstraint("recusa IN ('fault', 'mensagemErro')", name=op.f("ck_operadora_recusa")),
        sa.CheckConstraint(
            "largura_protocolo BETWEEN 0 AND 12", name=op.f("ck_operadora_largura_protocolo")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_operadora"),
        sa.UniqueConstraint("registro_ans", name="uq_operadora_registro_ans"),
    )
    op.create_table(
        "prestador",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("codigo", sa.String(length=14), nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("cnpj", sa.String(length=14)),
        sa.Column("cpf", sa.String(length=11)),
        sa.Column("cnes", sa.String(length=7)),
        sa.Column("recusa", sa.Text()),
        sa.Column("hash_modo", sa.Text()),
        sa.Column("credenciais", sa.Text()),
        sa.Column("homologacao", sa.Boolean(), nullable=False),
        sa.Column("ativo", sa.Boolean(), nullable=False),
        sa.Column("versoes", _JSON),
        sa.Column("criado_em", _INSTANTE, nullable=False),
        sa.CheckConstraint(
            "credenciais IN ('registradas', 'exigidas')", name=op.f("ck_prestador_credenciais")
        ),
        sa.CheckConstraint(
            "hash_modo IN ('strict', 'tolerant', 'off')", name=op.f("ck_prestador_hash_modo")
        ),
        sa.CheckConstraint("recusa IN ('fault', 'mensagemErro')", name=op.f("ck_prestador_recusa")),
        _fk(["operadora_id"], ["operadora.id"], "fk_prestador_operadora_id"),
        sa.PrimaryKeyConstraint("id", name="pk_prestador"),
        sa.UniqueConstraint("operadora_id", "codigo", name="uq_prestador_operadora_id_codigo"),
    )
    op.create_index("ix_prestador_operadora_id_cnpj", "prestador", ["operadora_id", "cnpj"])
    op.create_index("ix_prestador_operadora_id_cpf", "prestador", ["operadora_id", "cpf"])
    op.create_table(
        "serie",
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("nome", sa.Text(), nullable=False),
        sa.Column("proximo", sa.BigInteger(), nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_serie_operadora_id"),
        sa.PrimaryKeyConstraint("operadora_id", "nome", name="pk_serie"),
    )
    op.create_table(
        "tentativa_login",
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("login_normal", sa.Text(), nullable=False),
        sa.Column("endereco", sa.Text(), nullable=False),
        sa.Column("erros", _JSON, nullable=False),
        sa.Column("bloqueada_ate", _INSTANTE),
        sa.Column("atualizada_em", _INSTANTE, nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_tentativa_login_operadora_id"),
        sa.PrimaryKeyConstraint(
            "operadora_id", "login_normal", "endereco", name="pk_tentativa_login"
        ),
    )
    op.create_table(
        "credencial",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("login_normal", sa.Text(), nullable=False),
        sa.Column("verificador", sa.Text(), nullable=False),
        sa.Column("revisao", sa.Integer(), nullable=False),
        sa.Column("criada_em", _INSTANTE, nullable=False),
        sa.Column("expira_em", _INSTANTE),
        sa.Column("ativa", sa.Boolean(), nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_credencial_operadora_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_credencial_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credencial"),
        sa.UniqueConstraint(
            "operadora_id", "login_normal", name="uq_credencial_operadora_id_login_normal"
        ),
    )
    op.create_index("ix_credencial_prestador_id", "credencial", ["prestador_id"])
    op.create_table(
        "envia_por",
        sa.Column("remetente_id", _CHAVE, nullable=False),
        sa.Column("executante_id", _CHAVE, nullable=False),
        _fk(["executante_id"], ["prestador.id"], "fk_envia_por_executante_id"),
        _fk(["remetente_id"], ["prestador.id"], "fk_envia_por_remetente_id"),
        sa.PrimaryKeyConstraint("remetente_id", "executante_id", name="pk_envia_por"),
    )
    op.create_table(
        "lote",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("quantidade_guias", sa.Integer(), nullable=False),
        sa.Column("vivo", sa.Boolean(), nullable=False),
        _fk(["operadora_id"], ["operadora.id"], "fk_lote_operadora_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_lote_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lote"),
    )
    op.create_index(
        "uq_lote_vivo",
        "lote",
        ["prestador_id", "numero"],
        unique=True,
        sqlite_where=sa.text("vivo"),
        postgresql_where=sa.text("vivo"),
    )
    op.create_table(
        "mensagem",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operadora_id", _CHAVE),
        sa.Column("prestador_id", _CHAVE),
        sa.Column("recebida_em", _INSTANTE, nullable=False),
        sa.Column("canal", sa.Text(), nullable=False),
        sa.Column("servico", sa.Text()),
        sa.Column("versao", sa.Text()),
        sa.Column("raiz", sa.Text()),
        sa.Column("tipo_transacao", sa.Text()),
        sa.Column("sequencial", sa.Text()),
        sa.Column("endereco", sa.Text()),
        sa.Column("soap", sa.Text()),
        sa.Column("tamanho", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pedido", sa.LargeBinary()),
        sa.Column("integral", sa.Boolean(), nullable=False),
        sa.Column("resposta", sa.LargeBinary()),
        sa.Column("resposta_sha256", sa.Text()),
        sa.Column("desfecho", sa.Text(), nullable=False),
        sa.Column("erro", sa.Text()),
        sa.Column("http", sa.SmallInteger()),
        sa.Column("hash_variante", sa.Text()),
        sa.Column("assinatura", sa.Text()),
        sa.Column("detalhes", _JSON),
        sa.Column("duracao_us", sa.BigInteger()),
        sa.CheckConstraint(
            "desfecho IN ('respondida', 'recusada', 'falha')", name=op.f("ck_mensagem_desfecho")
        ),
        _fk(["operadora_id"], ["operadora.id"], "fk_mensagem_operadora_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_mensagem_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mensagem"),
    )
    op.create_index(
        "ix_mensagem_operadora_id_recebida_em", "mensagem", ["operadora_id", "recebida_em"]
    )
    op.create_index(
        "ix_mensagem_prestador_id_recebida_em", "mensagem", ["prestador_id", "recebida_em"]
    )
    op.create_index("ix_mensagem_sha256", "mensagem", ["sha256"])
    op.create_table(
        "critica",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("lote_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer()),
        sa.Column("item_posicao", sa.Integer()),
        sa.Column("regra", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("nivel", sa.Text(), nullable=False),
        sa.Column("texto", sa.Text(), nullable=False),
        _fk(["lote_id"], ["lote.id"], "fk_critica_lote_id"),
        sa.PrimaryKeyConstraint("id", name="pk_critica"),
    )
    op.create_index("ix_critica_lote_id", "critica", ["lote_id"])
    op.create_table(
        "execucao",
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("servico", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("mensagem_id", sa.Text(), nullable=False),
        _fk(["mensagem_id"], ["mensagem.id"], "fk_execucao_mensagem_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_execucao_prestador_id"),
        sa.PrimaryKeyConstraint("prestador_id", "servico", "sha256", name="pk_execucao"),
    )
    op.create_table(
        "guia",
        sa.Column("lote_id", _CHAVE, nullable=False),
        sa.Column("posicao", sa.Integer(), nullable=False),
        sa.Column("registro_ans", sa.Text()),
        sa.Column("numero_prestador", sa.Text(), nullable=False),
        sa.Column("numero_operadora", sa.Text()),
        sa.Column("guia_principal", sa.Text()),
        sa.Column("senha", sa.Text()),
        sa.Column("carteira", sa.Text(), nullable=False),
        sa.Column("atendimento_rn", sa.Text(), nullable=False),
        sa.Column("tipo_ident", sa.Text()),
        sa.Column("nome_beneficiario", sa.Text()),
        sa.Column("cns", sa.Text()),
        sa.Column("executante_forma", sa.Text(), nullable=False),
        sa.Column("executante_valor", sa.Text(), nullable=False),
        sa.Column("executante_id", _CHAVE),
        sa.Column("cnes", sa.Text()),
        sa.Column("data_inicio", sa.Date()),
        sa.Column("hora_inicio", sa.Time()),
        sa.Column("data_fim", sa.Date()),
        sa.Column("hora_fim", sa.Time()),
        sa.Column("data_realizacao", sa.Date()),
        sa.Column("ausencia_cod_validacao", sa.Text()),
        sa.Column("cod_validacao", sa.Text()),
        sa.Column("total_franquia", sa.BigInteger()),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("informado", sa.BigInteger(), nullable=False),
        sa.Column("processado", sa.BigInteger(), nullable=False),
        sa.Column("liberado", sa.BigInteger(), nullable=False),
        sa.Column("glosa", sa.BigInteger(), nullable=False),
        _fk(["executante_id"], ["prestador.id"], "fk_guia_executante_id"),
        _fk(["lote_id"], ["lote.id"], "fk_guia_lote_id"),
        sa.PrimaryKeyConstraint("lote_id", "posicao", name="pk_guia"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_guia_numero_prestador", "guia", ["numero_prestador"])
    op.create_table(
        "protocolo",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("operadora_id", _CHAVE, nullable=False),
        sa.Column("numero", sa.BigInteger(), nullable=False),
        sa.Column("prestador_id", _CHAVE, nullable=False),
        sa.Column("tipo", sa.Text(), nullable=False),
        sa.Column("lote_id", _CHAVE),
        sa.Column("mensagem_id", sa.Text(), nullable=False),
        sa.Column("versao", sa.Text(), nullable=False),
        sa.Column("canal", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("recebido_em", _INSTANTE, nullable=False),
        sa.Column("data_envio", sa.Date(), nullable=False),
        sa.Column("homologacao", sa.Boolean(), nullable=False),
        sa.Column("informado", sa.BigInteger(), nullable=False),
        sa.Column("processado", sa.BigInteger(), nullable=False),
        sa.Column("liberado", sa.BigInteger(), nullable=False),
        sa.Column("glosa", sa.BigInteger(), nullable=False),
        sa.Column("analise_visivel", sa.Boolean(), nullable=False),
        sa.Column("avisos", _JSON),
        _fk(["lote_id"], ["lote.id"], "fk_protocolo_lote_id"),
        _fk(["mensagem_id"], ["mensagem.id"], "fk_protocolo_mensagem_id"),
        _fk(["operadora_id"], ["operadora.id"], "fk_protocolo_operadora_id"),
        _fk(["prestador_id"], ["prestador.id"], "fk_protocolo_prestador_id"),
        sa.PrimaryKeyConstraint("id", name="pk_protocolo"),
        sa.UniqueConstraint("operadora_id", "numero", name="uq_protocolo_operadora_id_numero"),
    )
    op.create_index("ix_protocolo_lote_id", "protocolo", ["lote_id"])
    op.create_index("ix_protocolo_operadora_id_status", "protocolo", ["operadora_id", "status"])
    op.create_index(
        "ix_protocolo_prestador_id_recebido_em", "protocolo", ["prestador_id", "recebido_em"]
    )
    op.create_table(
        "historico",
        sa.Column("id", _CHAVE, nullable=False),
        sa.Column("protocolo_id", _CHAVE, nullable=False),
        sa.Column("em", _INSTANTE, nullable=False),
        sa.Column("de", sa.SmallInteger()),
        sa.Column("para", sa.SmallInteger(), nullable=False),
        sa.Column("quem", sa.Text(), nullable=False),
        sa.Column("motivo", sa.Text()),
        _fk(["protocolo_id"], ["protocolo.id"], "fk_historico_protocolo_id"),
        sa.PrimaryKeyConstraint("id", name="pk_historico"),
    )
    op.create_index("ix_historico_protocolo_id", "historico", ["protocolo_id"])
    op.create_table(
        "item",
        sa.Column("lote_id", _CHAVE, nullable=False),
        sa.Column("guia_posicao", sa.Integer(), nullable=False),
        sa.Column("posicao", sa.Integer(), nullable=False),
        sa.Column("despesa", sa.Boolean(), nullable=False),
        sa.Column("sequencial", sa.Integer(), nullable=False),
        sa.Column("data", sa.Date(), nullable=False),
        sa.Column("tabela", sa.Text(), nullable=False),
        sa.Column("codigo", sa.Text(), nullable=False),
        sa.Column("descricao", sa.Text()),
        sa.Column("quantidade", sa.BigInteger(), nullable=False),
        sa.Column("valor_unitario", sa.BigInteger(), nullable=False),
        sa.Column("fator", sa.BigInteger()),
        sa.Column("hora_inicial", sa.Time()),
        sa.Column("hora_final", sa.Time()),
        sa.Column("unidade", sa.Text()),
        sa.Column("via", sa.Text()),
        sa.Column("tecnica", sa.Text()),
        sa.Column("codigo_despesa", sa.Text()),
        sa.Column("centro_consumo", sa.Text()),
        sa.Column("item_vinculado", sa.Integer()),
        sa.Column("graus", sa.Text()),
        sa.Column("dente", sa.Text()),
        sa.Column("regiao", sa.Text()),
        sa.Column("face", sa.Text()),
        sa.Column("quantidade_us", sa.BigInteger()),
        sa.Column("franquia", sa.BigInteger()),
        sa.Column("autorizado", sa.Text()),
        sa.Column("informado", sa.BigInteger(), nullable=False),
        sa.Column("processado", sa.BigInteger(), nullable=False),
        sa.Column("liberado", sa.BigInteger(), nullable=False),
        sa.Column("glosa", sa.BigInteger(), nullable=False),
        _fk(
            ["lote_id", "guia_posicao"],
            ["guia.lote_id", "guia.posicao"],
            "fk_item_lote_id_guia_posicao",
        ),
        sa.PrimaryKeyConstraint("lote_id", "guia_posicao", "posicao", name="pk_item"),
        sqlite_with_rowid=False,
    )
