"""Os arquivos que se anexam e se baixam no console: o depósito, o antivírus, os estragados."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.erros import PaginaDeErro, nao_ha
from handlers.envio_documentos.deposito import AntivirusSemResposta
from persistence.arquivos import ArquivoAusente, ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backoffice.console.visita import Visita
    from handlers.envio_documentos import Deposito


def deposito(v: Visita) -> Deposito:
    """Onde os arquivos ficam.

    Raises:
        PaginaDeErro: 503, se este servidor não tem onde os guardar.
    """
    if v.casa.deposito is None:
        raise PaginaDeErro(503, "Este servidor não guarda arquivos.")
    return v.casa.deposito


def examinar(v: Visita, conteudo: bytes) -> None:
    """Passa um arquivo pelo antivírus, se o há.

    Raises:
        PaginaDeErro: 422 se não está limpo, 503 se não se soube.
    """
    antivirus = deposito(v).antivirus
    if antivirus is None:
        return
    try:
        limpo = antivirus(conteudo)
    except AntivirusSemResposta:
        raise PaginaDeErro(503, "O antivírus não respondeu; tente de novo.") from None
    if not limpo:
        raise PaginaDeErro(422, "O antivírus achou algo no arquivo; ele não foi guardado.")


def ler(abrir: Callable[[], Iterator[bytes]]) -> bytes:
    """O conteúdo de um arquivo guardado.

    Raises:
        PaginaDeErro: 404 se o depósito não o tem, 500 se o que tem não é o que se guardou.
    """
    try:
        return b"".join(abrir())
    except ArquivoAusente:
        raise nao_ha("arquivo") from None
    except ArquivoEstragado:
        raise PaginaDeErro(500, "O que está guardado não é o que se recebeu.") from None
