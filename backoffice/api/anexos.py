"""Arquivos que se anexam e se baixam: o depósito, o antivírus, a resposta que só se guarda."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from starlette.responses import Response

from backoffice.api.base import da
from backoffice.api.problemas import Problema
from handlers.envio_documentos.deposito import AntivirusSemResposta
from persistence.arquivos import ArquivoAusente, ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request

    from handlers.envio_documentos import Deposito

T = TypeVar("T")


def deposito(pedido: Request) -> Deposito:
    """Onde os arquivos ficam.

    Raises:
        Problema: 503, se este servidor não tem onde os guardar.
    """
    achado = da(pedido).deposito
    if achado is None:
        raise Problema(503, "Este servidor não guarda arquivos.")
    return achado


async def examinar(pedido: Request, onde: Deposito, conteudo: bytes) -> None:
    """Passa um arquivo pelo antivírus, se o há.

    Raises:
        Problema: 422 se não está limpo, 503 se não se soube.
    """
    antivirus = onde.antivirus
    if antivirus is None:
        return
    try:
        limpo = await da(pedido).fazer(lambda: antivirus(conteudo))
    except AntivirusSemResposta:
        raise Problema(
            503, "O antivírus não respondeu; tente de novo.", cabecalhos={"Retry-After": "5"}
        ) from None
    if not limpo:
        raise Problema(422, "O antivírus achou algo no arquivo; ele não foi guardado.")


async def ler(pedido: Request, consulta: Callable[[Connection], T]) -> T:
    """Uma leitura que traz o conteúdo de um arquivo.

    Raises:
        Problema: 404 se o depósito não o tem, 500 se o que tem não é o que se guardou.
    """
    try:
        return await da(pedido).ler(consulta)
    except ArquivoAusente:
        raise Problema(404, "O arquivo já não está no depósito.") from None
    except ArquivoEstragado:
        raise Problema(500, "O arquivo no depósito não é o que se guardou.") from None


def resposta(conteudo: bytes, tipo: str, nome: str, nome_em_utf8: str | None = None) -> Response:
    """Os bytes, que o navegador guarda e nunca abre nem interpreta.

    Args:
        conteudo: o arquivo.
        tipo: ``Content-Type``.
        nome: só ASCII, sem aspas.
        nome_em_utf8: o nome de verdade, já codificado para um cabeçalho.
    """
    disposicao = f'attachment; filename="{nome}"'
    if nome_em_utf8 is not None:
        disposicao += f"; filename*=UTF-8''{nome_em_utf8}"
    return Response(
        conteudo,
        headers={
            "Content-Type": tipo,
            "Content-Disposition": disposicao,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        },
    )
