"""Seção ``[trust]``: como se buscam as listas de certificados revogados."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.secoes.base import MIB, Redes, Secao


class Confianca(Secao):
    """Seção ``[trust]``.

    Attributes:
        poll_seconds: segundos entre duas vezes em que se vê que listas é hora de buscar.
        crl_interval: segundos entre duas buscas da mesma lista, se ela não vence antes.
        crl_timeout: segundos que uma lista pode demorar a chegar inteira.
        crl_max: bytes de uma lista.
        allow_networks: redes em que há listas ainda que não sejam públicas.
        expiry_warning: dias antes do vencimento de um certificado em que se começa a avisar.
    """

    poll_seconds: Annotated[float, Field(ge=1, le=3600)] = 20.0
    crl_interval: Annotated[int, Field(ge=60, le=604_800)] = 21_600
    crl_timeout: Annotated[float, Field(gt=0, le=600)] = 60.0
    crl_max: Annotated[int, Field(ge=1024, le=1024 * MIB)] = 32 * MIB
    allow_networks: Redes = ()
    expiry_warning: Annotated[int, Field(ge=1, le=365)] = 30
