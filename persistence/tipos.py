"""Como valores do domínio ficam no banco: inteiros escalados e instantes em UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

CASAS_REAIS = 2
"""Reais são guardados em centavos."""

CASAS_QUANTIDADE = 4
"""Quantidades são guardadas em décimos de milésimo."""

CASAS_FATOR = 2
"""Fatores de redução ou acréscimo são guardados em centésimos."""


# os mesmos poucos valores repetem-se pelos itens de um lote
@lru_cache(maxsize=4096)
def em_inteiro(valor: Decimal, casas: int) -> int:
    """Escala um decimal por ``10 ** casas`` sem arredondar.

    Raises:
        ValueError: se o valor tem mais casas do que o banco guarda.
    """
    escalado = valor.scaleb(casas)
    inteiro = int(escalado)
    if inteiro != escalado:
        raise ValueError(f"o valor tem mais de {casas} casas decimais")
    return inteiro


def em_decimal(inteiro: int, casas: int) -> Decimal:
    """Desfaz ``em_inteiro``; o resultado tem exatamente ``casas`` casas decimais."""
    return Decimal(inteiro).scaleb(-casas)


class Escalado(TypeDecorator[Decimal]):
    """Decimal em Python, inteiro de 64 bits escalado por ``10 ** casas`` no banco."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, casas: int) -> None:
        super().__init__()
        self.casas = casas

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Do Python para o banco."""
        return None if value is None else em_inteiro(value, self.casas)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Do banco para o Python."""
        return None if value is None else em_decimal(value, self.casas)


class Instante(TypeDecorator[datetime]):
    """Instante com fuso em Python, sempre UTC no banco e de volta."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Do Python para o banco.

        Raises:
            ValueError: se o instante não tem fuso.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instante sem fuso horário")
        utc = value.astimezone(UTC)
        # SQLite não tem tipo com fuso: o texto guardado é o relógio de UTC
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Do banco para o Python."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
