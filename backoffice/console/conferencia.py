"""Os campos de um formulário conferidos pelas mesmas formas que a API usa."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from backoffice.api.validacao import texto

if TYPE_CHECKING:
    from collections.abc import Mapping

_M = TypeVar("_M", bound=BaseModel)


def conferir(forma: type[_M], dados: Mapping[str, Any]) -> tuple[_M | None, dict[str, str]]:
    """O pedido, ou o que está errado em cada campo.

    Args:
        forma: a do pedido na API.
        dados: os campos com os nomes que a API lhes dá; os vazios não se dizem.
    """
    ditos = {nome: valor for nome, valor in dados.items() if valor not in ("", None, [])}
    try:
        return forma.model_validate(ditos), {}
    except ValidationError as erro:
        achados = erro.errors(include_url=False, include_input=False)
        return None, {str(e["loc"][0]) if e["loc"] else "": texto(e) for e in achados}
