"""A aplicação ASGI da API; recebe o corpo já lido, com limites e prazo, por quem a monta."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from backoffice.api import mensagens
from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from starlette.requests import Request
    from starlette.responses import Response

    from backoffice.api.envio import LimitesDoEnvio
    from backoffice.api.mensagens import QuemRecebe


def criar(quem: QuemRecebe, limites: LimitesDoEnvio, executor: Executor) -> Starlette:
    """Aplicação dos endereços ``/api/v1/...``.

    Args:
        quem: a recepção.
        limites: o que se aceita de cada pedido.
        executor: threads em que as mensagens são processadas.
    """

    async def enviar(pedido: Request) -> Response:
        corpo = await pedido.body()
        trabalho = partial(
            mensagens.atender,
            quem,
            limites,
            tipo=pedido.headers.get("content-type", ""),
            aceita=pedido.headers.get("accept", ""),
            corpo=corpo,
            endereco=pedido.client.host if pedido.client else "",
        )
        return await asyncio.get_running_loop().run_in_executor(executor, trabalho)

    def problema(_pedido: Request, erro: Exception) -> Response:
        assert isinstance(erro, Problema)  # noqa: S101 - é com este tipo que se registra
        return erro.resposta()

    def nao_achado(_pedido: Request, _erro: Exception) -> Response:
        return Problema(404, "Não há nada neste endereço.").resposta()

    def outro_metodo(_pedido: Request, _erro: Exception) -> Response:
        resposta = Problema(405, "Este endereço só aceita POST.").resposta()
        resposta.headers["Allow"] = "POST"
        return resposta

    aplicacao = Starlette(
        routes=[Route("/api/v1/mensagens", enviar, methods=["POST"])],
        exception_handlers={Problema: problema, 404: nao_achado, 405: outro_metodo},
    )
    # um redirecionamento repetiria o Host de quem pede, que pode ser qualquer um
    aplicacao.router.redirect_slashes = False
    return aplicacao
