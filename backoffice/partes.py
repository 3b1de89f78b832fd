"""As partes de um formulário com arquivos (``multipart/form-data``), lidas de um corpo inteiro."""

from __future__ import annotations

import io
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_NOME = 255


class Malformado(ValueError):
    """O corpo não é um formulário, ou está incompleto; o texto diz o quê."""


class PartesDemais(ValueError):
    """O formulário tem mais partes do que se aceitam."""


class Parte(NamedTuple):
    """Uma parte de um formulário.

    Attributes:
        campo: o nome do campo.
        arquivo: o nome do arquivo, sem caminho nem o que não se imprime; vazio se não o disse, e
            ausente num campo comum.
        dados: o conteúdo.
        charset: o do tipo da parte, se o disse.
    """

    campo: str
    arquivo: str | None
    dados: bytes
    charset: str | None


def ler(limite: bytes, corpo: bytes, maximo: int) -> list[Parte]:
    """As partes de um corpo, pela ordem.

    Args:
        limite: ``boundary`` do Content-Type.
        corpo: inteiro.
        maximo: quantas partes se aceitam.

    Raises:
        Malformado: não é um formulário, ou acaba antes do fim.
        PartesDemais: tem mais partes.
    """
    if not limite:
        raise Malformado("Falta boundary no Content-Type do formulário.")
    partes = _Partes(maximo)
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
        raise Malformado("O formulário está malformado.") from None
    if not partes.terminou:
        raise Malformado("O formulário chegou incompleto.")
    return partes.lidas


def sem_caminho(nome: str) -> str:
    """O fim de um caminho de qualquer sistema, sem o que não se imprime."""
    ultimo = nome.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in ultimo if c.isprintable())[:_NOME]


class _Partes:
    """Junta as partes à medida que o leitor as anuncia."""

    def __init__(self, maximo: int) -> None:
        self.lidas: list[Parte] = []
        self.terminou = False
        self._maximo = maximo
        self._cabecalhos: dict[bytes, bytes] = {}
        self._nome = b""
        self._valor = b""
        self._dados = io.BytesIO()

    def comecar(self) -> None:
        if len(self.lidas) >= self._maximo:
            raise PartesDemais
        self._cabecalhos = {}

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
        _, do_tipo = parse_options_header(self._cabecalhos.get(b"content-type", b""))
        arquivo, charset = opcoes.get(b"filename"), do_tipo.get(b"charset")
        # o que se escreveu num BytesIO tira-se dele sem outra cópia
        dados, self._dados = self._dados.getvalue(), io.BytesIO()
        self.lidas.append(
            Parte(
                opcoes.get(b"name", b"").decode("utf-8", "replace"),
                None if arquivo is None else sem_caminho(arquivo.decode("utf-8", "replace")),
                dados,
                None if charset is None else charset.decode("latin-1"),
            )
        )

    def fim(self) -> None:
        self.terminou = True
