"""O resumo de uma linha do arquivo: SHA-256 sobre uma forma que os dois bancos dão igual."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_SIMPLES = frozenset({str, int, bool})
_em_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonico(campos: Mapping[str, Any]) -> bytes:
    """Os campos em JSON, por ordem de nome, sem os ausentes.

    Um campo que uma versão nova acrescente à tabela não muda o resumo das linhas que não o têm.
    Instantes vão em UTC com microssegundos; um número de valor inteiro vai sem
    casas, porque o ``jsonb`` do PostgreSQL pode dá-lo de uma forma ou de outra.
    """
    presentes = {
        # quase todos são textos e inteiros, e isto se faz de cada mensagem
        nome: valor if type(valor) in _SIMPLES else _simples(valor)
        for nome, valor in campos.items()
        if valor is not None
    }
    return _em_json(presentes).encode("ascii")


def resumo(campos: Mapping[str, Any]) -> str:
    """SHA-256 hexadecimal da forma canônica."""
    return hashlib.sha256(canonico(campos)).hexdigest()


def _simples(valor: Any) -> Any:
    if isinstance(valor, datetime):
        return valor.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(valor, float) and valor.is_integer():
        return int(valor)
    if isinstance(valor, dict):
        return {str(nome): _simples(interno) for nome, interno in valor.items()}
    if isinstance(valor, list | tuple):
        return [_simples(interno) for interno in valor]
    return valor
