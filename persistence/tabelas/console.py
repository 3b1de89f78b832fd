"""Quem entra no console: as contas dos prestadores, os seus convites, as sessões e o segundo fator.

As pessoas da operadora estão em ``usuario``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.tabelas.base import CHAVE, DOCUMENTO, fk, metadados
from persistence.tipos import Instante

conta_prestador = Table(
    "conta_prestador",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("tipo", Text, nullable=False),
    Column("nome", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_secundario", Text),
    Column("ativo", Boolean, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("verificador", Text),
    Column("trocada_em", Instante),
    Column("anteriores", DOCUMENTO),
    Column("termos", Text),
    Column("termos_em", Instante),
)
"""De nenhuma operadora: a mesma conta serve a várias, pelos seus acessos."""

acesso_conta = Table(
    "acesso_conta",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("conta_id", CHAVE, fk("conta_prestador.id"), nullable=False),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False, index=True),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("ativo", Boolean, nullable=False),
    Column("criado_em", Instante, nullable=False),
    Column("avisos_ate", Instante),
    UniqueConstraint("conta_id", "prestador_id"),
)
"""Por que prestadores uma conta pode falar, e até que aviso já leu de cada um."""

convite_prestador = Table(
    "convite_prestador",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("conta_id", CHAVE, fk("conta_prestador.id"), nullable=False, index=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("criado_em", Instante, nullable=False),
    Column("expira_em", Instante, nullable=False),
    Column("usado_em", Instante),
)

sessao = Table(
    "sessao",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("usuario_id", CHAVE, fk("usuario.id"), index=True),
    Column("conta_id", CHAVE, fk("conta_prestador.id"), index=True),
    Column("acesso_id", CHAVE, fk("acesso_conta.id")),
    Column("confirmada", Boolean, nullable=False),
    Column("criada_em", Instante, nullable=False),
    Column("usada_em", Instante, nullable=False),
    Column("endereco", Text, nullable=False),
    Column("recados", DOCUMENTO),
    CheckConstraint("(usuario_id IS NULL) <> (conta_id IS NULL)", name="dono"),
)
"""``confirmada`` é falso até o segundo fator; ``recados`` é o que a próxima página diz."""

segundo_fator = Table(
    "segundo_fator",
    metadados,
    Column("usuario_id", CHAVE, fk("usuario.id"), primary_key=True, autoincrement=False),
    Column("segredo", LargeBinary, nullable=False),
    Column("ativado_em", Instante),
    Column("ultimo_passo", BigInteger, nullable=False),
    Column("recuperacao", DOCUMENTO, nullable=False),
)
"""Um por pessoa; ``ultimo_passo`` impede que o mesmo código sirva duas vezes."""
