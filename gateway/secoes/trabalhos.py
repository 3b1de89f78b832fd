"""Seção ``[jobs]``: os trabalhos de fundo."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.secoes.base import Secao


class Trabalhos(Secao):
    """Seção ``[jobs]``.

    Attributes:
        enabled: se ``serve`` também os executa; ``tiss-gateway jobs`` os executa sempre.
        lease: segundos sem renovar a posse até que outro processo possa tomá-la.
    """

    enabled: bool = True
    lease: Annotated[float, Field(ge=1, le=3600)] = 30.0
