"""Do corpo de um formulário aos seus campos e arquivos, tudo em memória."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from backoffice.api.envio import Arquivo
from backoffice.console.erros import PaginaDeErro

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMUM = b"application/x-www-form-urlencoded"
_COM_ARQUIVOS = b"multipart/form-data"
_CAMPOS = 5_000
_NOME = 255


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


class _Partes:
    """Junta as partes à medida que o leitor as anuncia."""

    def __init__(self) -> None:
        self.pares: list[tuple[str, str]] = []
        self.arquivos: list[tuple[str, Arquivo]] = []
        self.terminou = False
        self._cabecalhos: dict[bytes, bytes] = {}
        self._nome = b""
        self._valor = b""
        self._dados = io.BytesIO()

    def comecar(self) -> None:
        if len(self.pares) + len(self.arquivos) >= _CAMPOS:
            raise PaginaDeErro(413, "O formulário tem campos demais.")
        self._cabecalhos = {}
        self._dados = io.BytesIO()

    def nome(self, dados: bytes, inicio: int, fim: int) -> None:
        self._nome += dados[inicio:fim]

    def valor(self, dados: bytes, inicio: int, fim: int) -> None:
        self._valor += dados[inicio:fim]

    def cabecalho(self) -> None:
        self._cabecalhos[self._nome.lower()] = self._valor
        self._nome = self._valor = b""

    def dados(self, dados: bytes, inicio: int, fim: int) -> None:
        self._dados.write(memoryview(dados)[inicio:fim])

    def terminar(self) -> None:
        _, opcoes = parse_options_header(self._cabecalhos.get(b"content-disposition", b""))
        campo = opcoes.get(b"name", b"").decode("utf-8", "replace")
        arquivo = opcoes.get(b"filename")
        # o que se escreveu num BytesIO tira-se dele sem outra cópia
        dados, self._dados = self._dados.getvalue(), io.BytesIO()
        if arquivo is None:
            self.pares.append((campo, dados.decode("utf-8", "replace")))
        elif arquivo or dados:
            rotulo = arquivo.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
            limpo = "".join(c for c in rotulo if c.isprintable())[:_NOME] or "arquivo"
            self.arquivos.append((campo, Arquivo(limpo, dados)))

    def fim(self) -> None:
        self.terminou = True


def _com_arquivos(limite: bytes, corpo: bytes) -> Campos:
    partes = _Partes()
    try:
        leitor = MultipartParser(
            limite,
            {
                "on_part_begin": partes.comecar,
                "on_header_field": partes.nome,
                "on_header_value": partes.valor,
                "on_header_end": partes.cabecalho,
                "on_part_data": partes.dados,
                "on_part_end": partes.terminar,
                "on_end": partes.fim,
            },
        )
        leitor.write(corpo)
        leitor.finalize()
    except FormParserError:
        raise PaginaDeErro(400, "O formulário está malformado.") from None
    if not limite or not partes.terminou:
        raise PaginaDeErro(400, "O formulário chegou incompleto.")
    return Campos(partes.pares, partes.arquivos)
