"""Seção ``[database]``: onde tudo fica."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.secoes.base import Secao


class BancoDeDados(Secao):
    """Seção ``[database]``.

    Attributes:
        url: ``sqlite:///arquivo`` ou ``postgresql+psycopg://usuario:senha@host/base``.
        pool: conexões por processo.
        timeout: segundos que um comando ou uma trava podem esperar.
    """

    url: str = "sqlite:///dados/tiss-gateway.db"
    pool: Annotated[int, Field(ge=1, le=100)] = 5
    timeout: Annotated[float, Field(gt=0)] = 10.0

    @model_validator(mode="after")
    def _url_conhecida(self) -> BancoDeDados:
        try:
            url = make_url(self.url)
        except ArgumentError:
            raise ValueError("url não é um endereço de banco") from None
        if url.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("url deve começar por sqlite:/// ou postgresql+psycopg://")
        return self
