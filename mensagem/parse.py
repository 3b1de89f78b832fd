"""Leitura endurecida de XML: sem DTD, sem entidades, sem rede, com limites antes da árvore.

Os limites de profundidade (256) e de nó de texto (10 milhões de caracteres) são os da libxml2. Só
quem leva documentos tem os outros dela, de 2048 e 1000 milhões.
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
        texto_longo: se um só valor pode passar de 10 milhões de caracteres.
        documentos: o que se aceita de quem leva um arquivo na mensagem; sem eles, o mesmo.
    """

    tamanho: int = 16 * MIB
    marcas: int = 1_000_000
    atributos: int = 100_000
    texto_longo: bool = False
    documentos: Limites | None = None


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
_ESPACOS = 100
_ENDERECO = 256
"""Caracteres do endereço de um espaço de nomes; os do padrão não chegam a 60.

Ao percorrer a árvore a lxml escreve o endereço inteiro no nome de cada elemento: com um de
megabytes, poucos elementos custam minutos.
"""
_XMLNS = b"xmlns"
_SUSPEITO = re.compile(
    rb"""xmlns(?::[^=\s]{256}|(?::[^=\s]*+)?\s*+=\s*+(?:"[^"]{%d}|'[^']{%d}))"""
    % (_ENDERECO + 1, _ENDERECO + 1)
)
# um prefixo longo também: sem isso, procurar o seu fim custaria o quadrado do tamanho
_ESPACOS_DEMAIS = "Há espaços de nomes demais, ou um de endereço longo demais."
_ATRIBUTOS = 100
# nenhum elemento do padrão, assinatura incluída, passa de um punhado de atributos
_ATRIBUTOS_DEMAIS = etree.XPath(f"boolean(descendant-or-self::*[@*[{_ATRIBUTOS + 1}]])")
_local = threading.local()


def charset_aceito(nome: str) -> bool:
    """Diz se uma codificação de caracteres é das que o gateway lê."""
    return nome.lower() in _CODIFICACOES


def _novo_parser(
    *, recover: bool = False, encoding: str | None = None, texto_longo: bool = False
) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=texto_longo,
        recover=recover,
        # um comentário dentro de um valor partiria o texto: 1<!-- -->2 leria só 1
        remove_comments=True,
        remove_pis=False,
        strip_cdata=False,
        collect_ids=False,
    )


def parser_da_thread() -> etree.XMLParser:
    """O parser desta thread: um só para todas serializaria as leituras."""
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
    raiz = _arvore(
        dados,
        limites,
        _codificacao_forcada(comeco, None if se_declara else charset),
        # em UTF-16 não se procuram bytes; nas outras um lote comum não paga a volta pela árvore
        conferir=utf16
        # uma declaração leva um sinal de igual, e um lote comum não tem cem
        or (iguais > _ESPACOS and dados.count(_XMLNS) > _ESPACOS)
        or bool(_SUSPEITO.search(dados)),
    )
    info = raiz.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise Recusa(erros.DTD_RECUSADA)
    if info.encoding and not charset_aceito(info.encoding):
        raise Recusa(erros.CODIFICACAO_XML)
    # um lote comum nem tem cem sinais de igual, e não paga a volta pela árvore
    if iguais > _ATRIBUTOS and _ATRIBUTOS_DEMAIS(raiz):
        raise Recusa(erros.MARCAS_DEMAIS)
    # a declaração está antes da raiz, e não dentro de um valor
    depois = dados.find(b"?>", 0, _COMECO) + 2 if comeco.startswith(b"<?xml") else 0
    if utf16 or tem(dados, b"<?", depois):
        _tratar_instrucoes(raiz)
    return raiz


def tem(dados: bytes, sinal: bytes, inicio: int = 0, fim: int | None = None) -> bool:
    """Se um sinal de dois bytes está num trecho; primeiro procura o mais raro dos dois.

    De um byte só a procura é cem vezes mais rápida, e quase nenhuma mensagem o tem.
    """
    raro = sinal[1:] if sinal[:1] == b"<" else sinal[:1]
    return dados.find(raro, inicio, fim) != -1 and dados.find(sinal, inicio, fim) != -1


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


def _arvore(
    dados: bytes, limites: Limites, codificacao: str | None, *, conferir: bool
) -> etree._Element:
    if codificacao is None and not limites.texto_longo:
        parser = parser_da_thread()
    else:
        parser = _novo_parser(encoding=codificacao, texto_longo=limites.texto_longo)
    try:
        raiz = etree.fromstring(dados, parser)
    except etree.XMLSyntaxError as erro:
        if _so_uri_com_espaco(parser):
            return _recuperar(dados, limites, codificacao, conferir=conferir)
        linha, coluna = erro.position
        raise Recusa(erros.XML_MALFORMADO, f"Linha {linha}, coluna {coluna}.") from None
    except (LookupError, ValueError):
        raise Recusa(erros.CODIFICACAO_XML) from None
    if conferir:
        _conferir_espacos(raiz)
    return raiz


def _conferir_espacos(raiz: etree._Element) -> None:
    """Recusa espaços de nomes de endereço enorme, ou demais ao mesmo tempo em vigor."""
    em_vigor = 0
    for evento, declarado in etree.iterwalk(raiz, events=("start-ns", "end-ns")):
        em_vigor += 1 if evento == "start-ns" else -1
        if em_vigor > _ESPACOS or (declarado is not None and len(declarado[1]) > _ENDERECO):
            raise Recusa(erros.MARCAS_DEMAIS, _ESPACOS_DEMAIS)


def _so_uri_com_espaco(parser: etree.XMLParser) -> bool:
    # o registro do parser é o da última leitura; o da exceção junta o de leituras anteriores
    tipos = [registro.type_name for registro in parser.error_log]
    return set(tipos) == {"WAR_NS_URI"} and len(tipos) < _ERROS_CONTADOS


def _recuperar(
    dados: bytes, limites: Limites, codificacao: str | None, *, conferir: bool
) -> etree._Element:
    """Lê um documento cujo único erro é um espaço de nomes escrito ``"URI URI.xsd"``.

    Clientes reais o declaram assim.

    Raises:
        Recusa: se a mensagem é assinada, que consertada não seria o que se assinou; ou se o espaço
            de nomes não é nome de nada.
    """
    parser = _novo_parser(recover=True, encoding=codificacao, texto_longo=limites.texto_longo)
    raiz = etree.fromstring(dados, parser)
    if conferir:
        _conferir_espacos(raiz)
    errado = f"{{{NS_TISS} "
    for elemento in raiz.iter(etree.Element):
        try:
            nome = etree.QName(elemento)
        except ValueError:
            # o lxml escreve o espaço de nomes entre chaves, e um com chaves não tem como dizer-se
            raise Recusa(erros.XML_MALFORMADO, "Há um espaço de nomes com chaves.") from None
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
