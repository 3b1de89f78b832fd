"""Seção ``[database]``: onde tudo fica."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.secoes.base import Secao

_POSTGRES = "postgresql+psycopg"


class BancoDeDados(Secao):
    """Seção ``[database]``.

    Attributes:
        url: ``sqlite:///arquivo`` ou ``postgresql+psycopg://usuario:senha@host/base``.
        pool: conexões por processo.
        timeout: segundos que um comando ou uma trava podem esperar.
        replica_url: uma réplica do mesmo PostgreSQL, de que se lê o que pode estar atrasado.
        replica_max_lag: segundos de atraso além dos quais não se lê dela.
        particoes: ``mensais`` parte o arquivo, as guias e os itens por mês no próximo
            ``db upgrade``; só no PostgreSQL. Um banco partido não volta atrás.
    """

    url: str = "sqlite:///dados/tiss-gateway.db"
    pool: Annotated[int, Field(ge=1, le=100)] = 5
    timeout: Annotated[float, Field(gt=0)] = 10.0
    replica_url: str = ""
    replica_max_lag: Annotated[float, Field(ge=0.2, le=300)] = 5.0
    particoes: Literal["", "mensais"] = ""

    @model_validator(mode="after")
    def _url_conhecida(self) -> BancoDeDados:
        if _programa("url", self.url) not in ("sqlite", _POSTGRES):
            raise ValueError("url deve começar por sqlite:/// ou postgresql+psycopg://")
        if self.particoes and _programa("url", self.url) != _POSTGRES:
            raise ValueError("particoes só vale com um PostgreSQL em url")
        if not self.replica_url:
            return self
        if _programa("replica_url", self.replica_url) != _POSTGRES:
            raise ValueError("replica_url deve começar por postgresql+psycopg://")
        if _programa("url", self.url) != _POSTGRES:
            raise ValueError("replica_url só vale com um PostgreSQL em url")
        return self


def _programa(chave: str, url: str) -> str:
    try:
        return make_url(url).drivername
    except ArgumentError:
        raise ValueError(f"{chave} não é um endereço de banco") from None
