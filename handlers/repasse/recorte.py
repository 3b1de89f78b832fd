"""Uma mensagem fora do seu envelope, sem tocar nos seus bytes.

Serializar de novo a árvore mudaria espaços, prefixos e declarações, e uma assinatura deixaria de
conferir. O recorte acha no documento o começo e o fim da mensagem e guarda as declarações de
espaços de nomes que o envelope lhe emprestava.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from dominio import erros
from mensagem.envelope import Soap
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from lxml import etree

_UTF8 = "utf-8"
_NOMES_XML = {
    _UTF8: "UTF-8", "iso8859-1": "ISO-8859-1", "cp1252": "windows-1252", "ascii": "US-ASCII",
}  # fmt: skip
"""Codificação como o Python a chama -> nome que todo leitor de XML conhece."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_DECLARACAO = re.compile(r"^\ufeff?<\?xml[^>]*\?>")
_INICIO = re.compile(rb"<[^\s/>]+")
_ESPACO = "xmlns"


class Envelope(NamedTuple):
    """Um envelope SOAP 1.1 pronto para enviar.

    Attributes:
        corpo: bytes.
        charset: nome da codificação deles.
    """

    corpo: bytes
    charset: str


class Recorte(NamedTuple):
    """Uma mensagem como estava no documento.

    Attributes:
        bruto: bytes do elemento.
        codificacao: a desses bytes, como o Python a chama.
        emprestados: prefixo -> espaço de nomes declarado fora do elemento; o vazio é o padrão.
        proprios: prefixos que o próprio elemento declara.
    """

    bruto: bytes
    codificacao: str
    emprestados: dict[str, str]
    proprios: frozenset[str]


def recortar(dados: bytes, mensagem: etree._Element) -> Recorte:
    """Recorta a mensagem de um documento já lido por ``mensagem.parse``.

    Args:
        dados: o documento.
        mensagem: o elemento dentro do Body na árvore desse documento.

    Raises:
        Recusa: o documento só se lê com recuperação ou por um leitor mais tolerante.
    """
    dados = dados.lstrip() if dados[:1].isspace() else dados
    if dados.startswith(_UTF16):
        # sem bytes zero o resto é igual; a forma canônica, que se assina, não muda
        dados = _DECLARACAO.sub("", _de_utf16(dados)).encode()
        codificacao = _UTF8
    else:
        declarada = mensagem.getroottree().docinfo.encoding or _UTF8
        codificacao = codecs.lookup(declarada).name
    leitor = _Leitor(_NOMES_XML[codificacao], sum(1 for _ in mensagem.iterancestors()))
    inicio, fim = leitor.ler(dados)
    return Recorte(dados[inicio:fim], codificacao, leitor.emprestados, leitor.proprios)


def _de_utf16(dados: bytes) -> str:
    if dados.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return dados.decode("utf-16")
    return dados.decode("utf-16-le" if dados.startswith(b"<\x00") else "utf-16-be")


class _Leitor:
    """Segue o documento até o único filho do Body na profundidade pedida, e até o seu fim."""

    def __init__(self, codificacao: str, profundidade: int) -> None:
        self.emprestados: dict[str, str] = {}
        self.proprios: frozenset[str] = frozenset()
        self._alvo = profundidade
        self._fundo = 0
        self._no_body = False
        self._inicio = -1
        self._fim = -1
        self._expat = expat.ParserCreate(codificacao)
        self._expat.StartElementHandler = self._abre
        self._expat.EndElementHandler = self._fecha

    def ler(self, dados: bytes) -> tuple[int, int]:
        try:
            self._expat.Parse(dados, True)
        except expat.ExpatError as erro:
            raise Recusa(
                erros.XML_MALFORMADO, f"Linha {erro.lineno}, coluna {erro.offset}."
            ) from None
        # a marca de fim é de um elemento com conteúdo: o esquema não tem mensagem vazia
        return self._inicio, dados.index(b">", self._fim) + 1

    def _abre(self, nome: str, atributos: dict[str, str]) -> None:
        fundo = self._fundo
        self._fundo += 1
        if fundo > self._alvo or self._inicio >= 0:
            return
        if fundo == 1:
            self._no_body = nome.rpartition(":")[2] == "Body"
        espacos = _declarados(atributos)
        if fundo == self._alvo and self._no_body:
            self._inicio = self._expat.CurrentByteIndex
            self.proprios = frozenset(espacos)
        elif fundo == 0 or self._no_body:
            # de um Header, que não envolve a mensagem, nada se herda
            self.emprestados.update(espacos)

    def _fecha(self, _nome: str) -> None:
        self._fundo -= 1
        if self._fundo == self._alvo and self._no_body and self._fim < 0:
            self._fim = self._expat.CurrentByteIndex


def _declarados(atributos: dict[str, str]) -> dict[str, str]:
    return {
        nome.partition(":")[2]: valor
        for nome, valor in atributos.items()
        if nome.partition(":")[0] == _ESPACO
    }


def _atributo(prefixo: str, espaco: str) -> str:
    return f" {_ESPACO}{':' if prefixo else ''}{prefixo}={quoteattr(espaco)}"


def envelope_novo(recorte: Recorte) -> Envelope:
    """Envelope SOAP 1.1 em volta da mensagem, com os mesmos espaços de nomes à sua vista.

    O prefixo do SOAP é o que a mensagem já via, se via algum: nem um a mais entra na forma
    canônica inclusiva de uma mensagem assinada dentro do envelope.
    """
    espacos = dict(recorte.emprestados)
    prefixo = next((p for p, uri in espacos.items() if uri == Soap.V11), None)
    if prefixo is None:
        prefixo = next(p for p in _prefixos() if p not in espacos)
        espacos[prefixo] = Soap.V11
    antes = f"{prefixo}:" if prefixo else ""
    declaracoes = "".join(_atributo(p, uri) for p, uri in espacos.items())
    charset = _NOMES_XML[recorte.codificacao]
    inicio = (
        f'<?xml version="1.0" encoding="{charset}"?>\n<{antes}Envelope{declaracoes}><{antes}Body>'
    )
    fim = f"</{antes}Body></{antes}Envelope>"
    return Envelope(
        inicio.encode(recorte.codificacao, "xmlcharrefreplace") + recorte.bruto + fim.encode(),
        charset,
    )


def _prefixos() -> list[str]:
    return ["soap", "soapenv", *(f"soap{n}" for n in range(256))]


def em_utf8(recorte: Recorte) -> bytes:
    """A mensagem em UTF-8, que se sustenta fora do envelope em que veio.

    São os bytes recebidos, salvo a codificação e as declarações de que a mensagem precise e que
    só o envelope trazia.
    """
    bruto = recorte.bruto
    if recorte.codificacao not in (_UTF8, "ascii"):
        bruto = bruto.decode(recorte.codificacao).encode()
    faltam = "".join(
        _atributo(prefixo, espaco)
        for prefixo, espaco in recorte.emprestados.items()
        if prefixo not in recorte.proprios and _usado(prefixo, espaco, bruto)
    )
    if not faltam:
        return bruto
    nome = _INICIO.match(bruto)
    assert nome is not None  # noqa: S101 - o recorte começa na marca do elemento
    return bruto[: nome.end()] + faltam.encode() + bruto[nome.end() :]


def _usado(prefixo: str, espaco: str, bruto: bytes) -> bool:
    # um prefixo também pode estar num valor (xsi:type); um a mais não faz mal
    if prefixo:
        usado = rb"(?<![\w.\-\x80-\xff])" + re.escape(f"{prefixo}:".encode())
        return re.search(usado, bruto) is not None
    return bool(espaco) and espaco not in tuple(Soap)
