"""A aplicação ASGI do console; recebe o corpo já lido, com limites e prazo, por quem a monta."""

from __future__ import annotations

import asyncio
import re
import uuid
from functools import cache, partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from backoffice.console import estaticos, registro, seguranca
from backoffice.console.atendimento import CORRELACAO, atender, pagina_de_erro
from backoffice.console.seguranca import RAIZ
from persistence import sessoes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from backoffice.console.area import Rota
    from backoffice.console.casa import Casa


def criar(casa: Casa) -> Starlette:
    """Aplicação dos endereços ``/console/...``: as páginas declaradas e nada mais.

    Args:
        casa: o banco, as threads e o mais que as páginas usam.
    """
    aplicacao = Starlette(
        routes=[
            Route(f"{RAIZ}/estatico/{{nome:path}}", _estatico),
            *(
                Route(RAIZ + rota.caminho, _pagina(casa, rota), methods=[rota.metodo])
                for rota in registro.rotas()
            ),
            Route(RAIZ, lambda _pedido: RedirectResponse(f"{RAIZ}/", 308)),
        ],
        exception_handlers={HTTPException: _http},
    )
    # um redirecionamento repetiria o Host de quem pede, que pode ser qualquer um
    aplicacao.router.redirect_slashes = False
    return aplicacao


def quem_entrou(casa: Casa, pedido: Request) -> str | None:
    """De quem é a sessão do pedido, se vale: um texto que só serve para não confundir dois."""
    texto = seguranca.da_sessao(pedido)
    if texto is None:
        return None
    with casa.banco.leitura() as conn:
        sessao = sessoes.achar(conn, texto)
    ajustes = casa.ajustes
    if sessao is None or not sessao.vale(casa.relogio(), ajustes.ociosa, ajustes.maxima):
        return None
    return f"usuário {sessao.usuario_id}, conta {sessao.conta_id}"


def leva_arquivos(caminho: str) -> bool:
    """Se o formulário de um endereço traz arquivos, e por isso pode ser grande."""
    return _com_arquivos().fullmatch(caminho) is not None


@cache
def _com_arquivos() -> re.Pattern[str]:
    caminhos = (rota.caminho for rota in registro.rotas() if rota.arquivos)
    padroes = (re.sub(r"\{[a-z_]+\}", "[^/]+", caminho) for caminho in caminhos)
    return re.compile(f"{RAIZ}(?:{'|'.join(padroes)})")


def _pagina(casa: Casa, rota: Rota) -> Callable[[Request], Awaitable[Response]]:
    async def servir(pedido: Request) -> Response:
        corpo = await pedido.body() if rota.metodo == "POST" else b""
        trabalho = partial(atender, pedido, casa, rota, corpo, uuid.uuid4().hex)
        return await asyncio.get_running_loop().run_in_executor(casa.threads(rota), trabalho)

    return servir


def _estatico(pedido: Request) -> Response:
    achado = estaticos.todos().get(pedido.path_params["nome"])
    if achado is None:
        raise HTTPException(404)
    cabecalhos = {"Vary": "Accept-Encoding"}
    if pedido.query_params.get("v") == achado.versao:
        cabecalhos["Cache-Control"] = "public, max-age=31536000, immutable"
    dados = achado.dados
    if "gzip" in pedido.headers.get("accept-encoding", ""):
        dados, cabecalhos["Content-Encoding"] = achado.comprimido, "gzip"
    resposta = Response(dados, headers=cabecalhos, media_type=achado.tipo)
    seguranca.proteger(pedido, resposta)
    return resposta


def _http(pedido: Request, erro: Exception) -> Response:
    assert isinstance(erro, HTTPException)  # noqa: S101 - é com este tipo que se registra
    correlacao = uuid.uuid4().hex
    texto = "O endereço não existe; confira-o ou comece pelo início."
    if erro.status_code == 405:
        texto = "Esta página não se abre assim; comece pelo início."
    resposta = pagina_de_erro(None, erro.status_code, texto, correlacao)
    resposta.headers[CORRELACAO] = correlacao
    seguranca.proteger(pedido, resposta)
    return resposta
