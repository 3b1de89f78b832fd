"""O hash das mensagens TISS e as variantes que remetentes reais calculam.

Regra oficial (componente organizacional, item do hash): MD5, em hexadecimal, dos conteúdos dos
elementos, lidos da esquerda para a direita, sem mudança alguma, em ISO-8859-1. Nomes, atributos,
comentários, o próprio ``hash`` e a assinatura da mensagem não entram. Referências são
decodificadas.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from dominio.transacoes import NS_TISS
from mensagem.parse import tem

if TYPE_CHECKING:
    from collections.abc import Iterator

_HASH = f"{{{NS_TISS}}}hash"
_EPILOGO = f"{{{NS_TISS}}}epilogo"
_ASSINATURAS = frozenset(
    {
        f"{{{NS_TISS}}}Signature",
        f"{{{NS_TISS}}}Signatures",
        "{http://www.w3.org/2000/09/xmldsig#}Signature",
    }
)
_FORA = frozenset({_HASH, _EPILOGO}) | _ASSINATURAS
_OFICIAL = "oficial"
_VAZIO = "o elemento hash está vazio"
_ESPACO_ENTRE = re.compile(rb">\s+<")
_DISFARCES = (b"&#", b"<!", b"<?")
_HEX32 = re.compile(r"[0-9A-Fa-f]{32}")
_GRANDE = 1_000_000
"""Caracteres a partir dos quais um valor, que só pode ser um arquivo, trata-se à parte."""
_ESCAPADOS = re.compile(r"[&<>]")
_MARCAS = re.compile("<[^>]*>")
_MARCA = re.compile(rb"\x00(\d+)\x00")
_TEXTOS = etree.XPath("descendant-or-self::*[not(*)]/text()", smart_strings=False)
_FOLHAS = etree.XPath("descendant-or-self::*[not(*)]")


class Modo(StrEnum):
    """Rigor da conferência, por prestador."""

    STRICT = "strict"
    TOLERANT = "tolerant"
    OFF = "off"


class Conferencia(NamedTuple):
    """Resultado da conferência do hash de um pedido.

    Attributes:
        confere: se a mensagem é aceita no modo pedido.
        variante: leitura que conferiu (``oficial`` ou um desvio conhecido); ``None`` se nenhuma.
        motivo: frase em português quando não confere.
    """

    confere: bool
    variante: str | None
    motivo: str | None = None


def conteudo(mensagem: etree._Element) -> str:
    """Conteúdo de que se calcula o hash, ainda como texto."""
    return "".join("".join(_TEXTOS(parte)) for parte in _partes(mensagem))


def valores(mensagem: etree._Element) -> list[str]:
    """Os valores que entram no hash, um por elemento, na ordem do documento.

    Um valor com CDATA tem vários nós de texto, mas é um só para quem apara as suas pontas.
    """
    return [folha.text or "" for parte in _partes(mensagem) for folha in _FOLHAS(parte)]


def _partes(mensagem: etree._Element) -> Iterator[etree._Element]:
    return (parte for parte in mensagem if isinstance(parte.tag, str) and parte.tag not in _FORA)


def compacta(dados: bytes) -> bool:
    """Diz, com segurança, que nestes bytes não há espaço algum entre elementos.

    Sem ele o conteúdo é o texto da árvore inteira, que a libxml2 dá de uma vez.
    """
    inicio, fim = dados.find(b"cabecalho"), dados.rfind(b"hash")
    if not 0 <= inicio < fim or _ESPACO_ENTRE.search(dados, inicio, fim):
        return False
    return dados.find(0, inicio, fim) == -1 and not any(
        tem(dados, disfarce, inicio, fim) for disfarce in _DISFARCES
    )


def calcular(mensagem: etree._Element, *, compacta: bool = False) -> str:
    """Hash oficial de uma mensagem, em minúsculas.

    Args:
        mensagem: o elemento ``...WS`` ou ``mensagemTISS``.
        compacta: se não há espaço entre elementos, o que permite um caminho mais curto.

    Raises:
        UnicodeEncodeError: se algum caractere não existe em ISO-8859-1; não há hash oficial.
    """
    if compacta:
        resumo = hashlib.md5(usedforsecurity=False)
        for parte in _partes(mensagem):
            texto = etree.tostring(parte, method="text", encoding="iso-8859-1", with_tail=False)
            resumo.update(texto)
        return resumo.hexdigest()
    return hashlib.md5(conteudo(mensagem).encode("iso-8859-1"), usedforsecurity=False).hexdigest()


def valores_do_texto(xml: str) -> str:
    """Os valores de um XML que nós escrevemos, sem comentários, CDATA nem espaços entre marcas."""
    texto = _MARCAS.sub("", xml)
    if "&" not in texto:
        return texto
    return (
        texto.replace("&lt;", "<").replace("&gt;", ">").replace("&#13;", "\r").replace("&amp;", "&")
    )


def informado(mensagem: etree._Element) -> str:
    """O hash que a mensagem traz, no lugar da forma da mensagem; vazio quando não há."""
    caminho = f"{_EPILOGO}/{_HASH}" if mensagem.find(_EPILOGO) is not None else _HASH
    return (mensagem.findtext(caminho) or "").strip()


def conferir(mensagem: etree._Element, modo: Modo, *, compacta: bool = False) -> Conferencia:
    """Compara o hash informado com o conteúdo, sem distinguir maiúsculas.

    Args:
        mensagem: o elemento ``...WS`` ou ``mensagemTISS``.
        modo: rigor.
        compacta: o que a função :func:`compacta` disse dos bytes da mensagem.
    """
    dito = informado(mensagem)
    tem_forma = _HEX32.fullmatch(dito) is not None
    variante = _variante(mensagem, dito.lower(), compacta=compacta) if tem_forma else None
    if modo is Modo.OFF or variante == _OFICIAL:
        return Conferencia(confere=True, variante=variante)
    if variante is None:
        motivo = "o hash não confere: o MD5 dos valores, em ISO-8859-1, é outro"
        if not tem_forma:
            motivo = "o hash não tem 32 dígitos hexadecimais" if dito else _VAZIO
        return Conferencia(confere=False, variante=None, motivo=motivo)
    if modo is Modo.STRICT:
        motivo = f"o hash só confere numa leitura não oficial: {variante}"
        return Conferencia(confere=False, variante=variante, motivo=motivo)
    return Conferencia(confere=True, variante=variante)


def leituras(mensagem: etree._Element) -> list[tuple[str, str]]:
    """Cada leitura que dá um hash diferente, com o seu; a oficial, quando a há, é a primeira."""
    achadas: dict[str, str] = {}
    with suppress(UnicodeEncodeError):
        achadas[calcular(mensagem)] = _OFICIAL
    for nome, resumo in _leituras(valores(mensagem)):
        achadas.setdefault(resumo, nome)
    return [(nome, resumo) for resumo, nome in achadas.items()]


def _variante(mensagem: etree._Element, dito: str, *, compacta: bool) -> str | None:
    """A leitura que dá o hash dito; as não oficiais só se calculam quando a oficial não o dá."""
    try:
        if calcular(mensagem, compacta=compacta) == dito:
            return _OFICIAL
    except UnicodeEncodeError:
        pass
    return next((nome for nome, resumo in _leituras(valores(mensagem)) if resumo == dito), None)


def _leituras(partes: list[str]) -> Iterator[tuple[str, str]]:
    """Cada leitura que não é a oficial, com o seu hash.

    Um valor do tamanho de um documento não se copia a cada leitura: só tem as três formas, porque
    escapar e codificar não o mudam. O que não é base64, e mudaria, só tem a leitura oficial.
    """
    if any(len(v) > _GRANDE and (not v.isascii() or _ESCAPADOS.search(v)) for v in partes):
        return
    grandes: list[bytes] = []
    formas = [
        [_marcado(v, grandes) for v in forma]
        for forma in (
            partes,
            (v.strip(" \t\r\n") for v in partes),
            (v.replace("\n", "").replace("\r", "") for v in partes),
        )
    ]
    vistos: set[bytes] = set()
    for nome, texto, codificacao, erros in _textos(formas):
        try:
            dados = texto.encode(codificacao, erros)
        except UnicodeEncodeError:
            continue
        if dados in vistos:
            continue
        vistos.add(dados)
        yield nome, _resumo(dados, grandes)


def _marcado(valor: str, grandes: list[bytes]) -> str:
    """Um valor, ou a marca do lugar de um grande; NUL não existe em XML."""
    if len(valor) <= _GRANDE:
        return valor
    dados = valor.encode("ascii")
    if dados not in grandes:
        grandes.append(dados)
    return f"\x00{grandes.index(dados)}\x00"


def _resumo(dados: bytes, grandes: list[bytes]) -> str:
    resumo = hashlib.md5(usedforsecurity=False)
    for n, trecho in enumerate(_MARCA.split(dados) if grandes else (dados,)):
        resumo.update(grandes[int(trecho)] if n % 2 else trecho)
    return resumo.hexdigest()


def _textos(partes: list[list[str]]) -> Iterator[tuple[str, str, str, str]]:
    literal = "".join(partes[0])
    nomes = ("literal", "sem espaços nas pontas", "sem quebras de linha")
    formas = zip(nomes, partes, strict=True)
    for nome, textos in formas:
        junto = "".join(textos)
        escapado = junto.replace("&", "&amp;").replace("<", "&lt;")
        leituras = (
            ("", junto),
            (", & e < escapados", escapado),
            (", &, < e > escapados", escapado.replace(">", "&gt;")),
        )
        for sufixo, texto in leituras:
            yield f"{nome}{sufixo}, ISO-8859-1", texto, "iso-8859-1", "strict"
            yield f"{nome}{sufixo}, UTF-8", texto, "utf-8", "strict"
            yield f"{nome}{sufixo}, Windows-1252", texto, "cp1252", "strict"
    yield "literal, ISO-8859-1 com ? nos demais", literal, "iso-8859-1", "replace"
