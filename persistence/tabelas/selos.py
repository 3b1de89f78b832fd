"""O que prova o arquivo: as chaves que o cifram, as folhas e os selos que as encadeiam."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from persistence.tabelas.base import CHAVE, fk, metadados
from persistence.tipos import Instante

chave = Table(
    "chave",
    metadados,
    Column("id", Text, primary_key=True),
    Column("registrada_em", Instante, nullable=False),
)
"""As chaves que já cifraram algo, só pela identificação; elas mesmas nunca estão no banco."""

selo = Table(
    "selo",
    metadados,
    Column("sequencia", BigInteger, primary_key=True, autoincrement=False),
    Column("anterior", Text, nullable=False),
    Column("raiz", Text, nullable=False),
    Column("quantidade", Integer, nullable=False),
    Column("primeira", Text, nullable=False),
    Column("ultima", Text, nullable=False),
    Column("em", Instante, nullable=False),
    Column("cabeca", Text, nullable=False),
    Column("assinatura", LargeBinary),
    Column("certificado", LargeBinary),
    CheckConstraint("sequencia >= 1", name="sequencia").ddl_if(dialect="postgresql"),
)

folha = Table(
    "folha",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("mensagem_id", Text, nullable=False),
    Column("resumo", Text),
    Column("selo", BigInteger, fk("selo.sequencia")),
    Column("posicao", Integer),
    Column("marca", LargeBinary),
    UniqueConstraint("mensagem_id"),
    Index(None, "selo", "posicao"),
)
"""Uma por mensagem arquivada, gravada com ela; sem selo, espera por ele.

Não tem chave estrangeira para a mensagem: sobrevive a ela para que a falta se veja. O resumo só
falta nas mensagens de antes de haver folhas, até que se selem. A marca prova, com a chave do
arquivo, que foi o gateway que a gravou; não a têm as de quando não se cifrava.
"""
