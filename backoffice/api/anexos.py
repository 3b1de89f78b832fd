"""Arquivos que se anexam e se baixam: o depósito, o antivírus, a resposta que só se guarda."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from starlette.responses import Response

from backoffice import arquivos
from backoffice.api.base import da
from backoffice.api.problemas import Problema
from backoffice.arquivos import FalhaDeArquivo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection
    from starlette.requests import Request

    from handlers.envio_documentos import Deposito

T = TypeVar("T")


def deposito(pedido: Request) -> Deposito:
    """Onde os arquivos ficam.

    Raises:
        Problema: este servidor não tem onde os guardar.
    """
    with _em_problema():
        return arquivos.exigir(da(pedido).deposito)


async def examinar(pedido: Request, onde: Deposito, conteudo: bytes) -> None:
    """Passa um arquivo pelo antivírus, se o há.

    Raises:
        Problema: não está limpo, ou não se soube.
    """
    with _em_problema():
        await da(pedido).fazer(lambda: arquivos.examinar(onde, conteudo))


async def ler(pedido: Request, consulta: Callable[[Connection], T]) -> T:
    """Uma leitura que traz o conteúdo de um arquivo.

    Raises:
        Problema: o depósito não o tem, ou o que tem não é o que se guardou.
    """
    with _em_problema():
        return await da(pedido).ler(lambda conn: arquivos.abrir(lambda: consulta(conn)))


@contextmanager
def _em_problema() -> Iterator[None]:
    try:
        yield
    except FalhaDeArquivo as falha:
        espera = {} if falha.tente_em is None else {"Retry-After": str(falha.tente_em)}
        raise Problema(falha.status, falha.texto, cabecalhos=espera) from None


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
