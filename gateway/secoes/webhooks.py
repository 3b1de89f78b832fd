"""Seção ``[webhooks]``: os avisos a sistemas da operadora."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.secoes.base import Redes, Secao


class Webhooks(Secao):
    """Seção ``[webhooks]``.

    Attributes:
        allow_networks: redes, como ``10.1.0.0/16``, a que se pode mandar por http ou sem que
            sejam públicas.
        ca_file: autoridades, em PEM, dos certificados de quem recebe; vazio, as do sistema.
        poll_seconds: segundos entre duas vezes em que se vê o que há a entregar.
        timeout: segundos de uma chamada.
        keep_days: dias em que se guardam os avisos entregues.
    """

    allow_networks: Redes = ()
    ca_file: str = ""
    poll_seconds: Annotated[float, Field(ge=1, le=3600)] = 5.0
    timeout: Annotated[float, Field(ge=0.1, le=60)] = 10.0
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
