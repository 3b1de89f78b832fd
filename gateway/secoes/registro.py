"""Seção ``[log]``: o que se registra."""

from __future__ import annotations

from typing import Literal

from gateway.secoes.base import Secao


class Registro(Secao):
    """Seção ``[log]``.

    Attributes:
        level: nível mínimo.
        format: ``json``, uma linha por evento, ou ``console``, para ler no terminal.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
