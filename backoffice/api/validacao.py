"""O que o pydantic acha de errado num pedido, dito em português e sem repetir valores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.problemas import Problema, de_campos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEXTOS = {
    "missing": "falta",
    "extra_forbidden": "não existe; confira o nome",
    "int_parsing": "deve ser um número inteiro",
    "int_type": "deve ser um número inteiro",
    "int_from_float": "deve ser um número inteiro",
    "int_parsing_size": "é um número grande demais",
    "greater_than_equal": "deve ser pelo menos {ge}",
    "less_than_equal": "deve ser no máximo {le}",
    "bool_parsing": "deve ser true ou false",
    "bool_type": "deve ser true ou false",
    "literal_error": "deve ser {expected}",
    "enum": "deve ser {expected}",
    "string_type": "deve ser um texto",
    "string_unicode": "não é um texto Unicode",
    "string_too_short": "tem menos de {min_length} caracteres",
    "string_too_long": "tem mais de {max_length} caracteres",
    "too_long": "tem itens demais",
    "model_attributes_type": "deve ser um objeto JSON",
    "model_type": "deve ser um objeto JSON",
    "dict_type": "deve ser um objeto JSON",
}
_NOSSO = "texto"
"""Tipo dos erros dos nossos conferidores: a frase deles já está em português."""


def problema(erros: Sequence[Mapping[str, Any]]) -> Problema:
    """O problema de um pedido que não passou na conferência."""
    if any(erro["type"] == "json_invalid" for erro in erros):
        return Problema(400, "O corpo não é JSON.")
    return de_campos([{"campo": _campo(erro["loc"]), "texto": texto(erro)} for erro in erros])


def _campo(lugar: Sequence[str | int]) -> str:
    # o primeiro passo diz de onde veio: query, path ou body
    return ".".join(str(passo) for passo in lugar[1:])[:60] or "corpo"


def texto(erro: Mapping[str, Any]) -> str:
    """O que um erro do pydantic diz, em português."""
    if erro["type"] == _NOSSO:
        return str(erro["msg"])
    contexto = {chave: str(valor) for chave, valor in (erro.get("ctx") or {}).items()}
    if "expected" in contexto:
        contexto["expected"] = contexto["expected"].replace(" or ", " ou ")
    return _TEXTOS.get(erro["type"], "tem um valor que não serve").format_map(contexto)
