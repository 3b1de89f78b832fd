"""O que toda seção da configuração tem."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MIB = 1_048_576
PRAZO_MINIMO_DIAS = 90
"""Registros de acesso e auditoria guardam-se ao menos isto (requisitos de segurança da ANS)."""
VINTE_ANOS_DIAS = 7305
CINCO_ANOS_DIAS = 1827

Dias = Annotated[int, Field(ge=PRAZO_MINIMO_DIAS, le=36_525)]
"""Um prazo de guarda."""


def _conferir_redes(valores: tuple[str, ...]) -> tuple[str, ...]:
    for valor in valores:
        try:
            ipaddress.ip_network(valor)
        except ValueError:
            raise ValueError(f"{valor} não é uma rede, como 10.1.0.0/16") from None
    return valores


Redes = Annotated[tuple[str, ...], AfterValidator(_conferir_redes)]
"""Redes de endereços IP a que se pode ligar ainda que não sejam públicas."""


class Secao(BaseModel):
    """Uma seção: congelada, e sem chaves desconhecidas."""

    model_config = ConfigDict(extra="forbid", frozen=True)
