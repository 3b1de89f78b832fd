"""Os esquemas contra os quais os nossos são provados."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from dominio.versoes import VERSOES

OFICIAIS = Path(__file__).resolve().parents[3].parent / "shared" / "tiss" / "official"
SEM_OFICIAIS = "sem os arquivos da ANS em ../shared/tiss/official"

_VERSOES_DO_PACOTE = ("4.02.00", "4.03.00")


def pasta(origem: str, versao: str) -> Path:
    """Pasta dos esquemas de referência; dispensa o teste quando não os há."""
    if origem == "pacote":
        return Path(str(resources.files("tiss") / "_data" / "schemas" / versao))
    return oficial(versao)


def oficial(versao: str) -> Path:
    """Pasta dos arquivos da ANS; dispensa o teste quando não os há."""
    achada = OFICIAIS / versao
    if not achada.is_dir():
        pytest.skip(SEM_OFICIAIS)
    return achada


REFERENCIAS = [("pacote", v) for v in _VERSOES_DO_PACOTE] + [("oficial", v) for v in VERSOES]
"""Pares (origem, versão): o pacote ``tiss`` sempre; os da ANS quando estão ao lado do projeto."""
