"""As formas das respostas em JSON: nomes em camelCase, reais em texto, instantes com fuso."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from backoffice import rotulos
from dominio.competencia import FUSO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dominio.situacao import StatusProtocolo

Reais = Annotated[
    Decimal,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1234.56"]}),
]
Quantidade = Annotated[
    Decimal,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1.0000"]}),
]


def _com_fuso(instante: datetime) -> str:
    return instante.astimezone(FUSO).isoformat(timespec="seconds")


Instante = Annotated[
    datetime,
    PlainSerializer(_com_fuso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""Na hora de São Paulo, com o seu fuso."""


class Forma(BaseModel):
    """Um objeto de uma resposta."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, arbitrary_types_allowed=False
    )


class Cor(Forma):
    """Uma cor com nome."""

    nome: str
    hexadecimal: str


class Situacao(Forma):
    """Uma situação, com o nome e a cor com que se mostra."""

    codigo: int | None
    texto: str
    cor: Cor


class Legenda(Forma):
    """As situações que há."""

    situacoes: list[Situacao]


class Valores(Forma):
    """Os quatro valores, em reais."""

    informado: Reais
    processado: Reais
    glosado: Reais
    liberado: Reais


class Prestador(Forma):
    """Quem enviou."""

    codigo: str
    nome: str


class Critica(Forma):
    """Uma observação das regras; a posição diz de que guia e de que item é."""

    guia: int | None
    item: int | None
    regra: str
    codigo: str
    nivel: str
    texto: str


class Criticas(Forma):
    """As críticas de um protocolo."""

    criticas: list[Critica]


def situacao(status: StatusProtocolo) -> Situacao:
    """A forma de uma situação guardada."""
    cor = rotulos.cor(status)
    return Situacao(
        codigo=int(status),
        texto=status.texto,
        cor=Cor(nome=cor.nome, hexadecimal=cor.hexadecimal),
    )


def valores(de: Any) -> Valores:
    """A forma dos valores de um protocolo, guia ou item."""
    return Valores(
        informado=de.informado,
        processado=de.processado,
        glosado=de.glosa,
        liberado=de.liberado,
    )


def resposta(forma: Forma, cabecalhos: Mapping[str, str] | None = None) -> Response:
    """A resposta HTTP em JSON."""
    return Response(
        forma.model_dump_json(by_alias=True).encode(),
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(cabecalhos or {})},
    )
