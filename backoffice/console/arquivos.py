"""Os arquivos que se anexam e se baixam no console; o que há com eles, numa página de erro."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from backoffice import arquivos
from backoffice.arquivos import FalhaDeArquivo
from backoffice.console.erros import PaginaDeErro

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backoffice.console.visita import Visita
    from handlers.envio_documentos import Deposito


def deposito(v: Visita) -> Deposito:
    """Onde os arquivos ficam.

    Raises:
        PaginaDeErro: este servidor não tem onde os guardar.
    """
    with _em_pagina():
        return arquivos.exigir(v.casa.deposito)


def examinar(v: Visita, conteudo: bytes) -> None:
    """Passa um arquivo pelo antivírus, se o há.

    Raises:
        PaginaDeErro: 422 se não está limpo, 503 se não se soube ou não há onde o guardar.
    """
    onde = deposito(v)
    with _em_pagina():
        arquivos.examinar(onde, conteudo)


def ler(abrir: Callable[[], Iterator[bytes]]) -> bytes:
    """O conteúdo de um arquivo guardado.

    Raises:
        PaginaDeErro: o depósito não o tem, ou o que tem não é o que se guardou.
    """
    with _em_pagina():
        return arquivos.abrir(lambda: b"".join(abrir()))


@contextmanager
def _em_pagina() -> Iterator[None]:
    try:
        yield
    except FalhaDeArquivo as falha:
        raise PaginaDeErro(falha.status, falha.texto) from None
