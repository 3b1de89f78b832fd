"""Erros do pedido HTTP na forma da RFC 9457, que não se confundem com os de uma mensagem."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

TIPO = "application/problem+json"


DOCUMENTO: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "erros": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"campo": {"type": "string"}, "texto": {"type": "string"}},
            },
        },
    },
}
"""A forma do documento, para o OpenAPI."""

RESPOSTAS: dict[int | str, dict[str, Any]] = {
    status: {"description": texto, "content": {TIPO: {"schema": DOCUMENTO}}}
    for status, texto in (
        (401, "Falta um token que valha."),
        (403, "O token não tem o escopo."),
        (404, "Não há, ou é de outra operadora."),
        (422, "Um campo não existe ou não serve."),
        (429, "Além do limite do token."),
        (503, "O banco de dados não respondeu."),
    )
}
"""O que todo endereço com token pode responder."""


class Problema(Exception):
    """O pedido inteiro não pode ser atendido; nada dele foi feito.

    Attributes:
        status: situação HTTP.
        detalhe: o que está errado, em português, sem valores do pedido.
        membros: o que mais o documento traz, como ``erros`` por campo.
        cabecalhos: cabeçalhos HTTP da resposta.
    """

    def __init__(
        self,
        status: int,
        detalhe: str,
        *,
        membros: Mapping[str, Any] | None = None,
        cabecalhos: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detalhe)
        self.status = status
        self.detalhe = detalhe
        self.membros = dict(membros or {})
        self.cabecalhos = dict(cabecalhos or {})

    def em_json(self) -> bytes:
        """O documento do problema."""
        problema = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detalhe,
            **self.membros,
        }
        return json.dumps(problema, ensure_ascii=False).encode()

    def resposta(self) -> Response:
        """A resposta HTTP."""
        cabecalhos = {"Cache-Control": "no-store", **self.cabecalhos}
        return Response(self.em_json(), self.status, headers=cabecalhos, media_type=TIPO)


def de_campo(campo: str, texto: str) -> Problema:
    """Um valor que não serve, com o nome do campo em que veio."""
    return de_campos([{"campo": campo, "texto": texto}])


def de_campos(erros: list[dict[str, str]]) -> Problema:
    """Valores que não servem, cada um com o seu campo."""
    frases = "; ".join(f"{erro['campo']}: {erro['texto']}" for erro in erros)
    return Problema(422, frases, membros={"erros": erros})


def nao_ha(coisa: str) -> Problema:
    """Não há, ou é de outra operadora: quem pede não sabe a diferença."""
    return Problema(404, f"Não há {coisa} com esta identificação nesta operadora.")
