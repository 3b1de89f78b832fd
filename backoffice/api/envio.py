"""Do corpo de um pedido HTTP aos arquivos que ele traz: um XML, vários num formulário, ou zip."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from backoffice.api import zips
from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIB = 1_048_576
_XML = frozenset({"application/xml", "text/xml"})
_ZIP = frozenset({"application/zip", "application/x-zip-compressed"})
_FORMULARIO = "multipart/form-data"
_NOME = 255


@dataclass(frozen=True, slots=True)
class LimitesDoEnvio:
    """O que se aceita de um pedido.

    Attributes:
        arquivo: bytes de cada XML.
        arquivos: quantos de uma vez, contados os de dentro de zips.
        total: bytes de todos, já fora dos zips.
    """

    arquivo: int = 15 * MIB
    arquivos: int = 1000
    total: int = 64 * MIB


class Arquivo(NamedTuple):
    """Um arquivo enviado.

    Attributes:
        nome: rótulo que volta no resultado; nunca um caminho.
        dados: o conteúdo.
        charset: da parte do formulário ou do pedido, se o disse.
    """

    nome: str
    dados: bytes
    charset: str | None = None


def arquivos(tipo: str, corpo: bytes, limites: LimitesDoEnvio) -> list[Arquivo]:
    """Separa os arquivos de um pedido; zips são abertos aqui.

    Args:
        tipo: Content-Type do pedido.
        corpo: o corpo inteiro, já sem Content-Encoding.
        limites: o que se aceita.

    Raises:
        Problema: 400 malformado ou sem arquivos, 413 grande demais, 415 tipo não aceito.
    """
    nome, opcoes = parse_options_header(tipo.encode("latin-1", "replace"))
    natureza = nome.decode("latin-1").lower()
    if natureza == _FORMULARIO:
        recebidos = _do_formulario(opcoes.get(b"boundary", b""), corpo, limites)
    elif natureza in _XML | _ZIP:
        recebidos = [Arquivo("mensagem.xml", corpo, _charset(opcoes))]
    else:
        raise Problema(
            415, "Envie multipart/form-data, application/xml ou application/zip no Content-Type."
        )
    return desdobrar(recebidos, limites)


def desdobrar(recebidos: Iterable[Arquivo], limites: LimitesDoEnvio) -> list[Arquivo]:
    """Os arquivos de um envio, com os de dentro de cada zip.

    Args:
        recebidos: como vieram.
        limites: o que se aceita.

    Raises:
        Problema: 400 sem arquivos ou com um zip que não se abre, 413 arquivos demais.
    """
    achados: list[Arquivo] = []
    sobra = limites.total
    for recebido in recebidos:
        for arquivo in _desdobrar(recebido, limites.arquivos, sobra):
            achados.append(arquivo)
            sobra -= len(arquivo.dados)
            if len(achados) > limites.arquivos:
                raise Problema(413, f"Há mais de {limites.arquivos} arquivos no pedido.")
    if not achados:
        raise Problema(400, "O pedido não traz nenhum arquivo.")
    return achados


def _desdobrar(recebido: Arquivo, entradas: int, total: int) -> Iterator[Arquivo]:
    if not zips.e_zip(recebido.dados):
        yield recebido
        return
    for nome, dados in zips.abrir(recebido.dados, entradas=entradas, total=total):
        yield Arquivo(_rotulo(nome), dados)


def _charset(opcoes: dict[bytes, bytes]) -> str | None:
    charset = opcoes.get(b"charset")
    return None if charset is None else charset.decode("latin-1")


def _rotulo(nome: str) -> str:
    """O fim de um caminho de qualquer sistema, sem o que não se imprime."""
    ultimo = nome.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in ultimo if c.isprintable())[:_NOME] or "mensagem.xml"


class _Formulario:
    """Junta as partes de um formulário à medida que o leitor as anuncia."""

    def __init__(self, maximo: int) -> None:
        self.arquivos: list[Arquivo] = []
        self.terminou = False
        self._maximo = maximo
        self._partes = 0
        self._cabecalhos: dict[bytes, bytes] = {}
        self._nome = b""
        self._valor = b""
        self._dados = io.BytesIO()

    def comecar(self) -> None:
        self._partes += 1
        if self._partes > self._maximo:
            raise Problema(413, f"Há mais de {self._maximo} arquivos no pedido.")
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
        nome = opcoes.get(b"filename")
        # o que se escreveu num BytesIO tira-se dele sem outra cópia
        dados, self._dados = self._dados.getvalue(), io.BytesIO()
        if nome is None or (not nome and not dados):
            return  # um campo comum, ou um campo de arquivo deixado vazio
        _, do_tipo = parse_options_header(self._cabecalhos.get(b"content-type", b""))
        rotulo = _rotulo(nome.decode("utf-8", "replace"))
        self.arquivos.append(Arquivo(rotulo, dados, _charset(do_tipo)))

    def fim(self) -> None:
        self.terminou = True


def _do_formulario(limite: bytes, corpo: bytes, limites: LimitesDoEnvio) -> list[Arquivo]:
    if not limite:
        raise Problema(400, "Falta boundary no Content-Type do formulário.")
    formulario = _Formulario(limites.arquivos)
    try:
        leitor = MultipartParser(
            limite,
            {
                "on_part_begin": formulario.comecar,
                "on_header_field": formulario.nome,
                "on_header_value": formulario.valor,
                "on_header_end": formulario.cabecalho,
                "on_part_data": formulario.dados,
                "on_part_end": formulario.terminar,
                "on_end": formulario.fim,
            },
        )
        leitor.write(corpo)
        leitor.finalize()
    except FormParserError:
        raise Problema(400, "O formulário está malformado.") from None
    if not formulario.terminou:
        raise Problema(400, "O formulário chegou incompleto.")
    return formulario.arquivos
