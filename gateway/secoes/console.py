"""Seção ``[console]``: as páginas de quem trabalha na operadora e dos prestadores."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from gateway.secoes.base import Secao


class Console(Secao):
    """Seção ``[console]``.

    Attributes:
        enabled: se se serve ``/console/``.
        idle_minutes: minutos sem uso que acabam com uma sessão.
        max_hours: horas que uma sessão dura ao todo.
        require_totp: se quem é da operadora tem de configurar o segundo fator.
        public_url: endereço público do console, quando não é o do pedido.
        help_url: endereço da ajuda, no rodapé; vazio, não há.
    """

    enabled: bool = True
    idle_minutes: Annotated[int, Field(ge=1, le=720)] = 20
    max_hours: Annotated[int, Field(ge=1, le=72)] = 10
    require_totp: bool = False
    public_url: str = ""
    help_url: str = ""

    @field_validator("public_url", "help_url")
    @classmethod
    def _endereco(cls, valor: str) -> str:
        if valor and not valor.startswith(("http://", "https://")):
            raise ValueError("deve começar por http:// ou https://")
        return valor.rstrip("/")
