"""Do corpo de um pedido HTTP aos arquivos que ele traz: um XML, vários num formulário, ou zip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.multipart import parse_options_header

from backoffice import partes
from backoffice.api import zips
from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIB = 1_048_576
_XML = frozenset({"application/xml", "text/xml"})
_ZIP = frozenset({"application/zip", "application/x-zip-compressed"})
_FORMULARIO = "multipart/form-data"


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
    return partes.sem_caminho(nome) or "mensagem.xml"


def _do_formulario(limite: bytes, corpo: bytes, limites: LimitesDoEnvio) -> list[Arquivo]:
    try:
        lidas = partes.ler(limite, corpo, limites.arquivos)
    except partes.Malformado as erro:
        raise Problema(400, str(erro)) from None
    except partes.PartesDemais:
        raise Problema(413, f"Há mais de {limites.arquivos} arquivos no pedido.") from None
    # um campo comum não é um arquivo, nem um campo de arquivo deixado vazio
    return [
        Arquivo(um.arquivo or "mensagem.xml", um.dados, um.charset)
        for um in lidas
        if um.arquivo is not None and (um.arquivo or um.dados)
    ]
