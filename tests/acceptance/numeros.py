"""Números de lote que não se repetem entre testes que usam o mesmo servidor."""

from __future__ import annotations

from itertools import count

_proximo = count(1)


def novo_lote() -> str:
    return f"L{next(_proximo):07d}"
