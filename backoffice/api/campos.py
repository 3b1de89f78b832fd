"""Os tipos dos campos dos pedidos, cada um com a frase que diz o que se espera dele."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from dominio.competencia import competencia_valida

MAIOR_POSICAO = 2**31 - 1
MAIS_LINHAS = 500
"""Linhas de uma página."""

_DATA = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COM_BARRA = re.compile(r"([0-9]{2})/([0-9]{4})")
_REAIS = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_NUMERO = re.compile(r"[0-9]{1,18}")


def _errado(texto: str) -> PydanticCustomError:
    return PydanticCustomError("texto", texto)


def _dia(valor: Any) -> Any:
    if valor is None or isinstance(valor, date):
        return valor
    if not isinstance(valor, str) or _DATA.fullmatch(valor) is None:
        raise _errado("deve ser uma data AAAA-MM-DD")
    try:
        return date.fromisoformat(valor)
    except ValueError:
        raise _errado("não é um dia do calendário") from None


def _competencia(valor: Any) -> Any:
    if valor is None:
        return None
    texto = str(valor)
    if (partes := _COM_BARRA.fullmatch(texto)) is not None:
        texto = partes[2] + partes[1]
    if not competencia_valida(texto) or texto.startswith("0000"):
        raise _errado("deve ser AAAAMM ou MM/AAAA")
    return texto


def _numero(valor: Any) -> Any:
    if valor is None:
        return None
    if _NUMERO.fullmatch(str(valor)) is None:
        raise _errado("deve ser um número só de algarismos")
    return int(str(valor))


def _imprimivel(valor: Any) -> Any:
    if isinstance(valor, str) and not valor.isprintable():
        raise _errado("tem caracteres que não se imprimem")
    return valor


def _reais(valor: Any) -> Any:
    if valor is None or isinstance(valor, Decimal):
        return valor
    # um número JSON com casas já teria passado por ponto flutuante
    texto = str(valor) if isinstance(valor, int) and not isinstance(valor, bool) else valor
    if not isinstance(texto, str) or _REAIS.fullmatch(texto) is None:
        raise _errado('deve ser um texto com ponto decimal, como "1234.56"')
    return Decimal(texto)


def _registro_ans(valor: Any) -> Any:
    if valor is None:
        return None
    limpo = str(valor).replace("-", "")
    if len(limpo) != 6 or not limpo.isascii() or not limpo.isdigit():
        raise _errado("deve ser o registro ANS, de seis algarismos")
    return limpo


Dia = Annotated[date, BeforeValidator(_dia), WithJsonSchema({"type": "string", "format": "date"})]
Competencia = Annotated[str, BeforeValidator(_competencia), Field(description="AAAAMM ou MM/AAAA")]
Numero = Annotated[
    int,
    BeforeValidator(_numero),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}$"}),
]
Reais = Annotated[
    Decimal,
    BeforeValidator(_reais),
    WithJsonSchema({"type": "string", "examples": ["1234.56"]}),
]
Posicao = Annotated[int, Field(ge=1, le=MAIOR_POSICAO, description="A partir de 1.")]
RegistroAns = Annotated[
    str,
    BeforeValidator(_registro_ans),
    Field(description="Da própria operadora do token; de outra, é 404."),
]
Texto = Annotated[str, BeforeValidator(_imprimivel), Field(min_length=1, max_length=60)]
Cursor = Annotated[
    str, Field(min_length=1, max_length=120, description="O `proximo` da página anterior.")
]
Motivo = Annotated[str, BeforeValidator(_imprimivel), Field(min_length=1, max_length=500)]
Limite = Annotated[int, Field(ge=1, le=MAIS_LINHAS, description="Linhas de uma página.")]


class Pedido(BaseModel):
    """Os campos de um pedido, em camelCase; um que não existe é um erro, e não se ignora."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=False
    )
