"""O que toda seção da configuração tem."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MIB = 1_048_576


class Secao(BaseModel):
    """Uma seção: congelada, e sem chaves desconhecidas."""

    model_config = ConfigDict(extra="forbid", frozen=True)
