"""Seção ``[schemas]``: os pacotes instalados."""

from __future__ import annotations

from pathlib import Path

from gateway.secoes.base import Secao


class Esquemas(Secao):
    """Seção ``[schemas]``.

    Attributes:
        folder: pasta em que ``schemas add`` instala pacotes da ANS; vale por cima dos embutidos.
    """

    folder: Path = Path("dados/esquemas")
