"""O que todas as tabelas usam: metadados, tipos de coluna e restrições com nome."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
)
from sqlalchemy.dialects.postgresql import JSONB

from persistence.tipos import CASAS_FATOR, CASAS_QUANTIDADE, CASAS_REAIS, Escalado

metadados = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

CHAVE = BigInteger().with_variant(Integer, "sqlite")
"""No SQLite só ``INTEGER`` numera sozinho."""

DOCUMENTO = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
REAIS = Escalado(CASAS_REAIS)
QUANTIDADE = Escalado(CASAS_QUANTIDADE)
FATOR = Escalado(CASAS_FATOR)


def fk(alvo: str) -> ForeignKey:
    """Chave estrangeira conferida só no commit."""
    return ForeignKey(alvo, deferrable=True, initially="DEFERRED")


def um_de(coluna: str, *valores: str) -> CheckConstraint:
    """Restrição: a coluna tem um destes textos."""
    lista = ", ".join(f"'{valor}'" for valor in valores)
    return CheckConstraint(f"{coluna} IN ({lista})", name=coluna)


def quatro_valores() -> list[Column[Any]]:
    """Informado, processado, liberado e glosa, em reais."""
    return [
        Column("informado", REAIS, nullable=False),
        Column("processado", REAIS, nullable=False),
        Column("liberado", REAIS, nullable=False),
        Column("glosa", REAIS, nullable=False),
    ]
