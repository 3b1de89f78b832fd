"""Leitura endurecida de XML: sem DTD, sem entidades, sem rede, com limites antes da árvore.

Os limites de profundidade (256) e de nó de texto (10 milhões de caracteres) são os da libxml2.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

from lxml import etree

from dominio import erros
from dominio.transacoes import NS_TISS
from mensagem.recusa import Recusa

MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Limites:
    """O que se aceita antes de ler.

    Attributes:
        tamanho: bytes da mensagem já descomprimida.
        marcas: bytes ``<``, que limitam os elementos da árvore.
        atributos: bytes ``=``, que limitam os atributos.
    """

    tamanho: int = 16 * MIB
    marcas: int = 1_000_000
    atributos: int = 100_000


_DECLARACAO = re.compile(rb"""^<\?xml\s[^>]*?encoding\s*=\s*["']([^"'<>]+)["']""")
_DOCTYPE = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_CODIFICACOES = frozenset(
    {
        "utf-8", "utf8", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin-1", "latin1", "us-ascii",
        "ascii", "windows-1252", "cp1252", "utf-16", "utf-16le", "utf-16be",
    }
)  # fmt: skip
_BOM = b"\xef\xbb\xbf"
_COMECOS_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_COMECO = 65_536
"""Bytes em que se procuram a declaração XML e a DTD de um documento UTF-16."""
_ASSINATURAS = frozenset({"Signature", "Signatures", "assinaturaDigitalGuia"})
_DUPLO_E_ASSINADA = (
    "Há espaço de nomes declarado com dois endereços separados por espaço, o que não se conserta"
    " numa mensagem assinada."
)
_ERROS_CONTADOS = 100
"""A libxml2 deixa de anotar erros de espaço de nomes a partir daí."""
_INSTRUCAO_EM_VALOR = etree.XPath(
    "boolean(descendant-or-self::*[processing-instruction()][not(*)][text()])"
)
_ATRIBUTOS = 100
# nenhum elemento do padrão, assinatura incluída, passa de um punhado de atributos
_ATRIBUTOS_DEMAIS = etree.XPath(f"boolean(descendant-or-self::*[@*[{_ATRIBUTOS + 1}]])")
_local = threading.local()


def charset_aceito(nome: str) -> bool:
    """Diz se uma codificação de caracteres é das que o gateway lê."""
    return nome.lower() in _CODIFICACOES


def _novo_parser(*, recover: bool = False, encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=recover,
        # um comentário dentro de um valor partiria o texto: 1<!-- -->2 leria só 1
        remove_comments=True,
        remove_pis=False,
        strip_cdata=False,
        collect_ids=False,
    )


def _parser() -> etree.XMLParser:
    # um parser por thread: compartilhado, serializaria as leituras
    parser: etree.XMLParser | None = getattr(_local, "parser", None)
    if parser is None:
        parser = _local.parser = _novo_parser()
    return parser


def parse(dados: bytes, limites: Limites, charset: str | None = None) -> etree._Element:
    """Lê um documento XML e devolve a raiz.

    A declaração XML decide a codificação; ``charset`` (do cabeçalho HTTP) só conta sem ela.

    Raises:
        Recusa: se passa dos limites, é malformado, tem DTD, codificação não aceita, ou instrução
            de processamento dentro de um valor.
    """
    if not dados:
        raise Recusa(erros.CORPO_VAZIO)
    if len(dados) > limites.tamanho:
        raise Recusa(erros.GRANDE_DEMAIS)
    iguais = dados.count(b"=")
    if dados.count(b"<") > limites.marcas or iguais > limites.atributos:
        raise Recusa(erros.MARCAS_DEMAIS)
    if dados[:1].isspace():
        dados = dados.lstrip()
    utf16 = dados.startswith(_COMECOS_UTF16)
    comeco = _em_ascii(dados) if utf16 else dados.removeprefix(_BOM)
    # antes da libxml2, para que nem se chegue a declarar entidades
    if _DOCTYPE.match(comeco):
        raise Recusa(erros.DTD_RECUSADA)
    se_declara = utf16 or dados.startswith(_BOM)
    raiz = _arvore(dados, _codificacao_forcada(comeco, None if se_declara else charset))
    info = raiz.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise Recusa(erros.DTD_RECUSADA)
    if info.encoding and not charset_aceito(info.encoding):
        raise Recusa(erros.CODIFICACAO_XML)
    # um lote comum nem tem cem sinais de igual, e não paga a volta pela árvore
    if iguais > _ATRIBUTOS and _ATRIBUTOS_DEMAIS(raiz):
        raise Recusa(erros.MARCAS_DEMAIS)
    if utf16 or dados.find(b"<?", 5 if dados.startswith((b"<?xml", _BOM)) else 0) != -1:
        _tratar_instrucoes(raiz)
    return raiz


def _em_ascii(dados: bytes) -> bytes:
    """O começo de um documento UTF-16 como se fosse ASCII."""
    return dados[:_COMECO].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"")


def _codificacao_forcada(comeco: bytes, charset: str | None) -> str | None:
    declarada = _DECLARACAO.match(comeco)
    if declarada:
        if not charset_aceito(declarada[1].decode("latin-1")):
            raise Recusa(erros.CODIFICACAO_XML)
        return None
    if charset is None:
        return None
    if not charset_aceito(charset):
        raise Recusa(erros.CHARSET)
    return charset


def _arvore(dados: bytes, codificacao: str | None) -> etree._Element:
    parser = _parser() if codificacao is None else _novo_parser(encoding=codificacao)
    try:
        return etree.fromstring(dados, parser)
    except etree.XMLSyntaxError as erro:
        if _so_uri_com_espaco(parser):
            return _recuperar(dados, codificacao)
        linha, coluna = erro.position
        raise Recusa(erros.XML_MALFORMADO, f"Linha {linha}, coluna {coluna}.") from None
    except (LookupError, ValueError):
        raise Recusa(erros.CODIFICACAO_XML) from None


def _so_uri_com_espaco(parser: etree.XMLParser) -> bool:
    # o registro do parser é o da última leitura; o da exceção junta o de leituras anteriores
    tipos = [registro.type_name for registro in parser.error_log]
    return set(tipos) == {"WAR_NS_URI"} and len(tipos) < _ERROS_CONTADOS


def _recuperar(dados: bytes, codificacao: str | None) -> etree._Element:
    """Lê um documento cujo único erro é um espaço de nomes escrito ``"URI URI.xsd"``.

    Clientes reais o declaram assim.

    Raises:
        Recusa: se a mensagem é assinada; consertada, não seria o que se assinou.
    """
    raiz = etree.fromstring(dados, _novo_parser(recover=True, encoding=codificacao))
    errado = f"{{{NS_TISS} "
    for elemento in raiz.iter(etree.Element):
        nome = etree.QName(elemento)
        if nome.localname in _ASSINATURAS:
            raise Recusa(erros.XML_MALFORMADO, _DUPLO_E_ASSINADA)
        if str(elemento.tag).startswith(errado):
            elemento.tag = f"{{{NS_TISS}}}{nome.localname}"
    return raiz


def _tratar_instrucoes(raiz: etree._Element) -> None:
    """Recusa instruções dentro de valores e tira as demais, que não entram em nada."""
    if _INSTRUCAO_EM_VALOR(raiz):
        raise Recusa(erros.PI_EM_VALOR)
    etree.strip_tags(raiz, etree.ProcessingInstruction)
