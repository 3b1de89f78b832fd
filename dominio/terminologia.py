"""Descrições oficiais da tabela 38 e da TUSS, quando o extra ``terminologia`` está instalado.

O projeto usa as próprias palavras para os códigos que ele mesmo emite; as descrições oficiais dos
demais vêm do pacote ``tiss``, só por aqui. Sem o pacote, não há descrição.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any


@lru_cache(maxsize=1)
def _pacote() -> Any:
    try:
        return import_module("tiss")
    except ModuleNotFoundError:
        return None


def disponivel() -> bool:
    """Diz se as descrições oficiais estão instaladas."""
    return _pacote() is not None


@lru_cache(maxsize=4096)
def descricao_glosa(codigo: str) -> str | None:
    """Descrição oficial de um código da tabela 38, se o pacote a tem."""
    pacote = _pacote()
    linha = pacote.glosa(codigo) if pacote else None
    return (linha or {}).get("descricao") or None


@lru_cache(maxsize=4096)
def descricao_procedimento(tabela: str, codigo: str) -> str | None:
    """Termo TUSS de um procedimento, se o pacote o tem."""
    pacote = _pacote()
    linhas = pacote.tuss.lookup(codigo, tabela=tabela) if pacote else []
    return linhas[0].get("termo") or None if linhas else None
