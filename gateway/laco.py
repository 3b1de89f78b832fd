"""O laço de eventos do TLS: a negociação de uma conexão também tem prazo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import uvloop

if TYPE_CHECKING:
    import asyncio


class Laco(uvloop.Loop):
    """Laço em que uma negociação TLS que se arrasta é cortada; o uvicorn deixa-a um minuto.

    Attributes:
        prazo: segundos de uma negociação.
    """

    prazo = 10.0

    async def create_server(self, *args: Any, **opcoes: Any) -> asyncio.Server:
        """Escuta, com prazo para a negociação se há TLS."""
        if opcoes.get("ssl") is not None:
            opcoes.setdefault("ssl_handshake_timeout", self.prazo)
        return cast("asyncio.Server", await super().create_server(*args, **opcoes))
