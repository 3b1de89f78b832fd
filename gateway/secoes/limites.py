"""Seção ``[limits]``: quanto cada um pode enviar, e quanto o processo aceita ter à espera."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.secoes.base import Secao


class Limites(Secao):
    """Seção ``[limits]``.

    Attributes:
        per_minute: mensagens por minuto de cada prestador que o cadastro não limita de outro modo;
            0 é sem limite.
        burst: mensagens que ele pode enviar de uma vez.
        max_wait: segundos que uma mensagem pode esperar pela sua vez num processo; quando
            esperaria mais, responde-se 503 sem a ler.
    """

    per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    max_wait: Annotated[float, Field(gt=0, le=600)] = 10.0
