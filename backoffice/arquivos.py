"""Arquivos que se anexam e se baixam, pela API ou pelo console: o depósito, o antivírus."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from handlers.envio_documentos.deposito import AntivirusSemResposta
from persistence.arquivos import ArquivoAusente, ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.envio_documentos import Deposito

_T = TypeVar("_T")
_TENTE_EM = 5


class FalhaDeArquivo(Exception):
    """Um arquivo não se guarda ou não se dá; cada porta diz isto à sua maneira.

    Attributes:
        status: situação HTTP.
        texto: o que há com o arquivo, em português.
        tente_em: segundos depois dos quais vale a pena tentar de novo.
    """

    def __init__(self, status: int, texto: str, tente_em: int | None = None) -> None:
        super().__init__(texto)
        self.status = status
        self.texto = texto
        self.tente_em = tente_em


def exigir(deposito: Deposito | None) -> Deposito:
    """Onde os arquivos ficam.

    Raises:
        FalhaDeArquivo: 503, se este servidor não tem onde os guardar.
    """
    if deposito is None:
        raise FalhaDeArquivo(503, "Este servidor não guarda arquivos.")
    return deposito


def examinar(deposito: Deposito, conteudo: bytes) -> None:
    """Passa um arquivo pelo antivírus, se o há.

    Raises:
        FalhaDeArquivo: 422 se não está limpo, 503 se não se soube.
    """
    if deposito.antivirus is None:
        return
    try:
        limpo = deposito.antivirus(conteudo)
    except AntivirusSemResposta:
        texto = "O antivírus não respondeu; tente de novo."
        raise FalhaDeArquivo(503, texto, _TENTE_EM) from None
    if not limpo:
        raise FalhaDeArquivo(422, "O antivírus achou algo no arquivo; ele não foi guardado.")


def abrir(ler: Callable[[], _T]) -> _T:
    """O que se lê de um arquivo guardado.

    Raises:
        FalhaDeArquivo: 404 se o depósito não o tem, 500 se o que tem não é o que se guardou.
    """
    try:
        return ler()
    except ArquivoAusente:
        raise FalhaDeArquivo(404, "O arquivo já não está no depósito.") from None
    except ArquivoEstragado:
        raise FalhaDeArquivo(500, "O arquivo no depósito não é o que se guardou.") from None
