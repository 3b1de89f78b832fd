"""A configuração em vigor como uma página a pode mostrar: por seções, em texto, sem segredos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.configuracao import Configuracao

OCULTO = "**********"
"""No lugar de um segredo."""
_SEGREDOS = ("password", "secret_key", "access_key")


def configuracao_a_vista(configuracao: Configuracao) -> dict[str, dict[str, str]]:
    """Seção -> chave -> valor em texto.

    A consulta de um endereço esconde-se inteira: é onde as senhas se metem.
    """
    return {
        secao: {chave: _texto(chave, valor) for chave, valor in _planas(chaves).items()}
        for secao, chaves in configuracao.para_mostrar().items()
    }


def _planas(chaves: dict[str, Any], antes: str = "") -> dict[str, Any]:
    feitas: dict[str, Any] = {}
    for chave, valor in chaves.items():
        if isinstance(valor, dict):
            feitas |= _planas(valor, f"{antes}{chave}.")
        else:
            feitas[f"{antes}{chave}"] = valor
    return feitas


def _texto(chave: str, valor: Any) -> str:
    if isinstance(valor, str):
        if valor and chave.endswith(_SEGREDOS):
            return OCULTO
        inicio, ha_consulta, _ = valor.partition("?")
        return f"{inicio}?{OCULTO}" if ha_consulta and "://" in inicio else valor
    return json.dumps(valor, ensure_ascii=False)
