"""Do corpo de um formulário aos seus campos e arquivos, tudo em memória."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header

from backoffice import partes
from backoffice.api.envio import Arquivo
from backoffice.console.erros import PaginaDeErro
from dominio.numeros import natural

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMUM = b"application/x-www-form-urlencoded"
_COM_ARQUIVOS = b"multipart/form-data"
_CAMPOS = 5_000


class Campos:
    """Os campos de um formulário ou de um endereço; um nome pode repetir-se.

    Args:
        pares: nome e valor, pela ordem.
        arquivos: nome do campo e arquivo, pela ordem.
    """

    def __init__(
        self, pares: Iterable[tuple[str, str]], arquivos: Iterable[tuple[str, Arquivo]] = ()
    ) -> None:
        self.pares = tuple(pares)
        self._arquivos = tuple(arquivos)

    def texto(self, nome: str) -> str:
        """O primeiro valor de um campo, sem espaços nas pontas; vazio se não veio."""
        return next((v.strip() for n, v in self.pares if n == nome), "")

    def cru(self, nome: str) -> str:
        """O primeiro valor de um campo como veio, o que uma senha precisa; vazio se não veio."""
        return next((v for n, v in self.pares if n == nome), "")

    def textos(self, nome: str) -> tuple[str, ...]:
        """Todos os valores de um campo que não são vazios."""
        return tuple(v.strip() for n, v in self.pares if n == nome and v.strip())

    def marcado(self, nome: str) -> bool:
        """Se uma caixa veio marcada."""
        return bool(self.texto(nome))

    def visto(self, nome: str) -> int:
        """O contador que a página mostrava, para se saber se o que ela mostrou ainda vale.

        Returns:
            O número do campo; sem ele, -1, que nenhum contador tem.
        """
        lido = natural(self.texto(nome))
        return -1 if lido is None else lido

    def arquivos(self, nome: str) -> tuple[Arquivo, ...]:
        """Os arquivos de um campo."""
        return tuple(a for n, a in self._arquivos if n == nome)


def ler(tipo: str, corpo: bytes) -> Campos:
    """Lê o corpo de um formulário.

    Args:
        tipo: Content-Type do pedido.
        corpo: inteiro.

    Raises:
        PaginaDeErro: 400 malformado, 413 com campos demais, 415 de outro tipo.
    """
    nome, opcoes = parse_options_header(tipo.encode("latin-1", "replace"))
    if nome.lower() == _COM_ARQUIVOS:
        return _com_arquivos(opcoes.get(b"boundary", b""), corpo)
    if nome.lower() != _COMUM and corpo:
        raise PaginaDeErro(415, "Isto não é um formulário deste console.")
    try:
        pares = parse_qsl(
            corpo.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_CAMPOS
        )
    except (UnicodeDecodeError, ValueError):
        raise PaginaDeErro(400, "O formulário está malformado.") from None
    return Campos(pares)


def _com_arquivos(limite: bytes, corpo: bytes) -> Campos:
    try:
        lidas = partes.ler(limite, corpo, _CAMPOS)
    except partes.Malformado as erro:
        raise PaginaDeErro(400, str(erro)) from None
    except partes.PartesDemais:
        raise PaginaDeErro(413, "O formulário tem campos demais.") from None
    pares = [(um.campo, um.dados.decode("utf-8", "replace")) for um in lidas if um.arquivo is None]
    # um campo de arquivo deixado vazio vem sem nome e sem conteúdo
    arquivos = [
        (um.campo, Arquivo(um.arquivo or "arquivo", um.dados))
        for um in lidas
        if um.arquivo is not None and (um.arquivo or um.dados)
    ]
    return Campos(pares, arquivos)
