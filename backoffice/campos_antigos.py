"""Os campos do que vem de outro sistema, e o pagamento que lá se fez."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from backoffice.api import campos
from backoffice.api.formas_de_pagamento import ComoSePaga, desconto
from dominio.dinheiro import MAIOR_TOTAL
from dominio.versoes import VERSOES
from handlers.importacao import PagamentoAntigo


def eco(valor: Any) -> Any:
    """O que se repete nas respostas: sem controles, e dentro do ISO-8859-1."""
    if isinstance(valor, str):
        try:
            valor.encode("latin-1")
        except UnicodeEncodeError:
            raise PydanticCustomError("texto", "tem caracteres fora do ISO-8859-1") from None
        if not valor.isprintable() or valor != valor.strip():
            raise PydanticCustomError("texto", "tem espaços nas pontas ou caracteres de controle")
    return valor


def _instante(valor: Any) -> Any:
    try:
        lido = datetime.fromisoformat(valor)
    except (TypeError, ValueError):
        raise PydanticCustomError("texto", "deve ser um instante ISO 8601") from None
    if lido.tzinfo is None:
        raise PydanticCustomError("texto", "deve trazer o fuso, como -03:00")
    return lido.astimezone(UTC)


def _hora(valor: Any) -> Any:
    if valor is None:
        return None
    try:
        return time.fromisoformat(valor).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise PydanticCustomError("texto", "deve ser uma hora HH:MM:SS") from None


def _versao(valor: Any) -> Any:
    if valor not in VERSOES:
        raise PydanticCustomError("texto", f"deve ser uma de {', '.join(VERSOES)}")
    return valor


Doze = Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=12)]
Vinte = Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=20)]
Nome = Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=70)]
Total = Annotated[campos.Reais, Field(ge=0, le=MAIOR_TOTAL, decimal_places=2)]
Quantidade = Annotated[campos.Reais, Field(gt=0, le=Decimal("9999.9999"), decimal_places=4)]
Instante = Annotated[datetime, BeforeValidator(_instante)]
Hora = Annotated[time, BeforeValidator(_hora)]
Versao = Annotated[str, BeforeValidator(_versao)]


class PagamentoDito(ComoSePaga):
    """Quando e como se pagou."""

    data: campos.Dia


def pagamento(dito: PagamentoDito) -> PagamentoAntigo:
    """O pagamento como valor."""
    return PagamentoAntigo(
        dito.data,
        dito.forma,
        dito.banco,
        dito.agencia,
        dito.conta,
        tuple(desconto(d) for d in dito.descontos),
    )
