"""Erros de esquema ditos em português: que guia, que item, que campo, que regra.

Os erros vêm da libxml2 em inglês e podem trazer valores da mensagem; daqui só saem nomes que o
padrão conhece, posições, números de guia e limites.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

import tiss_xsd
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS

_Q = f"{{{NS_TISS}}}"
_XS = "{http://www.w3.org/2001/XMLSchema}"
LIMITE = 50
"""Quantos erros se guardam de uma mensagem."""
NA_FALHA = 3
"""Quantos erros cabem na frase da falha; os demais ficam no arquivo."""

_ITENS = frozenset(
    _Q + nome
    for nome in (
        "procedimentoExecutado",
        "procedimentoRealizado",
        "despesa",
        "procedimentosExecutados",
    )
)
_ANTERIORES = etree.XPath("count(preceding-sibling::*)")
_PASSO = re.compile(r"([^/\[\]]+)(?:\[(\d+)\])?")
_LIMITE_NO_TEXTO = re.compile(r"'(\d+)'\)?\.$")
_ESPERADOS = re.compile(r"Expected is (?:one of )?\( (.*?) \)\.?$")
_TIPO = re.compile(r"atomic type '(?:\{[^}]*\})?([^']*)'")
_NUMERO_LEGIVEL = re.compile(r"[0-9A-Za-z./\- ]{1,20}")
_SEQUENCIAL_LEGIVEL = re.compile(r"[0-9]{1,4}")
_TIPOS_DE_GUIA = frozenset(_Q + tipo for tipo in TipoGuia)
_MAIS_GUIAS = 100
"""Maior número de guias de um lote (``ctm_guiaLote``)."""


class ErroDeEsquema(NamedTuple):
    """Um erro no lugar e nas palavras de quem preencheu a mensagem.

    Attributes:
        guia: posição da guia no lote a partir de 1; ``None`` fora de guias.
        numero_guia: número da guia no prestador, quando legível.
        item: ``sequencialItem`` do item, ou a sua posição.
        campo: nome do elemento, se o padrão o conhece.
        regra: o que está errado, em português.
    """

    guia: int | None
    numero_guia: str | None
    item: str | None
    campo: str
    regra: str

    def __str__(self) -> str:
        """Frase única: guia, item, campo e regra."""
        partes = []
        if self.guia is not None:
            numero = f" (nº {self.numero_guia})" if self.numero_guia else ""
            partes.append(f"guia {self.guia}{numero}")
        if self.item is not None:
            partes.append(f"item {self.item}")
        partes.append(self.campo)
        return f"{', '.join(partes)}: {self.regra}"


def explicar(mensagem: etree._Element, versao: str) -> list[ErroDeEsquema]:
    """Valida de novo uma mensagem inválida e conta os erros, um por lugar, até ``LIMITE``."""
    por_lugar: dict[str, ErroDeEsquema] = {}
    # a libxml2 pode dar dois erros do mesmo valor; o primeiro diz a faceta
    for erro in tiss_xsd.esquema(versao).erros(mensagem, 2 * LIMITE):
        if erro.caminho not in por_lugar and len(por_lugar) < LIMITE:
            por_lugar[erro.caminho] = _explicar(mensagem, erro, versao)
    return list(por_lugar.values())


def resumo(erros: list[ErroDeEsquema]) -> str:
    """Frase para a falha: os primeiros erros e quantos mais há."""
    texto = "; ".join(str(e) for e in erros[:NA_FALHA])
    restantes = len(erros) - NA_FALHA
    if restantes > 0:
        texto += f"; e mais {restantes}" + (" ou mais" if len(erros) == LIMITE else "")
    return texto + "."


def para_arquivo(erros: list[ErroDeEsquema]) -> list[dict[str, Any]]:
    """Os erros como se guardam junto da mensagem."""
    return [{k: v for k, v in e._asdict().items() if v is not None} for e in erros]


def _explicar(mensagem: etree._Element, erro: tiss_xsd.ErroEsquema, versao: str) -> ErroDeEsquema:
    elemento = _localizar(mensagem, erro.caminho)
    return lugar(elemento, versao)._replace(regra=_regra(erro, elemento, versao))


def lugar(elemento: etree._Element, versao: str) -> ErroDeEsquema:
    """Onde um elemento está, nas palavras de um erro, ainda sem a regra."""
    guia = numero = item = None
    atual: etree._Element | None = elemento
    while atual is not None:
        pai = atual.getparent()
        if item is None and atual.tag in _ITENS and atual.find(f"{_Q}sequencialItem") is not None:
            item = _sequencial(atual) or _posicao(atual)
        if pai is not None and pai.tag == f"{_Q}guiasTISS":
            guia = 1 + pai.index(atual)
            numero = _legivel(next((n.text for n in atual.iter(f"{_Q}numeroGuiaPrestador")), None))
        atual = pai
    return ErroDeEsquema(guia, numero, item, _campo(elemento, versao), "")


def _legivel(texto: str | None) -> str | None:
    limpo = (texto or "").strip()
    return limpo if _NUMERO_LEGIVEL.fullmatch(limpo) else None


def _sequencial(item: etree._Element) -> str | None:
    texto = (item.findtext(f"{_Q}sequencialItem") or "").strip()
    return texto if _SEQUENCIAL_LEGIVEL.fullmatch(texto) else None


def _posicao(elemento: etree._Element) -> str:
    return str(1 + int(_ANTERIORES(elemento)))


def _localizar(mensagem: etree._Element, caminho: str) -> etree._Element:
    """Segue o caminho da libxml2 a partir da mensagem; para onde o caminho deixar de existir."""
    atual = mensagem
    for nome, indice in _PASSO.findall(caminho)[1:]:
        prefixo, _, local = nome.rpartition(":")
        # um pai hostil tem centenas de milhares de filhos: só se anda até o que se procura
        candidatos = atual.iterchildren("*" if local == "*" else f"{{*}}{local}")
        if local != "*":
            candidatos = (f for f in candidatos if (f.prefix or "") == prefixo)
        achado = next(islice(candidatos, int(indice or 1) - 1, None), None)
        if achado is None:
            return atual
        atual = achado
    return atual


@cache
def nomes_conhecidos(versao: str) -> frozenset[str]:
    """Nomes de elementos e atributos que os esquemas da versão declaram."""
    nomes: set[str] = set()
    for arquivo in tiss_xsd.arquivos(versao):
        for e in etree.fromstring(tiss_xsd.ler(versao, arquivo)).iter(
            f"{_XS}element", f"{_XS}attribute"
        ):
            nomes.update(filter(None, [e.get("name")]))
    return frozenset(nomes)


def _campo(elemento: etree._Element, versao: str) -> str:
    nome = etree.QName(elemento).localname
    return nome if nome in nomes_conhecidos(versao) else "elemento desconhecido"


def _limite(texto: str) -> str:
    achado = _LIMITE_NO_TEXTO.search(texto)
    return achado[1] if achado else "o permitido"


_FRASES = {
    "TOTALDIGITS_VALID": "tem mais de {limite} dígitos",
    "FRACTIONDIGITS_VALID": "tem mais de {limite} casas decimais",
    "MAXLENGTH_VALID": "tem mais de {limite} caracteres",
    "MINLENGTH_VALID": "tem menos de {limite} caracteres",
    "LENGTH_VALID": "deve ter {limite} caracteres",
    "ENUMERATION_VALID": "código que não existe na lista da versão",
    "PATTERN_VALID": "não tem a forma que o padrão pede",
    "MININCLUSIVE_VALID": "está fora da faixa permitida",
    "MAXINCLUSIVE_VALID": "está fora da faixa permitida",
    "COMPLEX_TYPE_2_3": "tem texto solto onde só cabem elementos",
    "COMPLEX_TYPE_2_1": "tem elementos onde só cabe um valor",
    "COMPLEX_TYPE_2_2": "tem elementos onde só cabe um valor",
    "TYPE_3_1_2": "tem elementos onde só cabe um valor",
    "COMPLEX_TYPE_3_2_1": "tem um atributo que o padrão não prevê",
    "COMPLEX_TYPE_3_2_2": "tem um atributo que o padrão não prevê",
    "TYPE_3_1_1": "tem um atributo que o padrão não prevê",
    "ELT_3_1": "tem xsi:nil, mas nenhum elemento do padrão pode ser nulo",
    "ELT_4_1": "tem um xsi:type que não serve a este elemento",
    "ELT_4_2": "tem um xsi:type que não serve a este elemento",
    "ELT_4_3": "tem um xsi:type que não serve a este elemento",
}
_DE_VALOR = ("MINLENGTH_", "LENGTH_", "ENUMERATION_", "PATTERN_", "DATATYPE_")


def _regra(erro: tiss_xsd.ErroEsquema, elemento: etree._Element, versao: str) -> str:
    tipo = erro.tipo.removeprefix("SCHEMAV_CVC_").removeprefix("SCHEMAV_")
    if tipo.startswith(_DE_VALOR) and not len(elemento) and not (elemento.text or "").strip():
        return "está vazio"
    if tipo in _FRASES:
        return _FRASES[tipo].format(limite=_limite(erro.texto))
    if tipo.startswith("DATATYPE_"):
        return _regra_de_tipo(erro.texto)
    if tipo == "ELEMENT_CONTENT":
        return _regra_de_conteudo(erro.texto, elemento, versao)
    if tipo == "ELT_1":
        return _regra_de_raiz(elemento)
    return "não segue o esquema da versão"


_TIPOS_LEGIVEIS = (
    ("st_decimal", "não é um número com ponto decimal"),
    ("st_numerico", "não é um número inteiro"),
    ("st_data", "não é uma data que exista, na forma AAAA-MM-DD"),
    ("date", "não é uma data que exista, na forma AAAA-MM-DD"),
    ("st_hora", "não é uma hora que exista, na forma HH:MM:SS"),
    ("time", "não é uma hora que exista, na forma HH:MM:SS"),
    ("st_logico", "deve ser true ou false"),
    ("base64Binary", "não é um conteúdo em base64"),
    ("dm_", "código que não existe na lista da versão"),
)


def _regra_de_tipo(texto: str) -> str:
    tipo = _TIPO.search(texto)
    nome = tipo[1].removeprefix("xs:") if tipo else ""
    for comeco, regra in _TIPOS_LEGIVEIS:
        if nome.startswith(comeco):
            return regra
    return "tem um valor que o seu tipo não permite"


def _regra_de_conteudo(texto: str, elemento: etree._Element, versao: str) -> str:
    achado = _ESPERADOS.search(texto)
    nomes = []
    for nome in achado[1].split(", ") if achado else []:
        local = nome.rpartition("}")[2]
        if local in nomes_conhecidos(versao):
            nomes.append(local)
    esperado = " ou ".join(nomes[:5])
    if "Missing child element" in texto:
        return f"falta {esperado}" if esperado else "está incompleto"
    pai = elemento.getparent()
    if pai is not None and pai.tag == f"{_Q}guiasTISS" and elemento.tag in _TIPOS_DE_GUIA:
        return _regra_de_lote(pai, elemento)
    if etree.QName(elemento).localname == "versaoPadrao":
        return "o elemento da versão chama-se Padrao; versaoPadrao era o nome nas versões 2.x"
    if not etree.QName(elemento).namespace:
        return f'o elemento está sem o espaço de nomes "{NS_TISS}"'
    return f"não é esperado aqui; esperava-se {esperado}" if esperado else "não é esperado aqui"


def _regra_de_lote(guias: etree._Element, guia: etree._Element) -> str:
    if guia.tag == guias[0].tag and guias.index(guia) >= _MAIS_GUIAS:
        return f"um lote tem no máximo {_MAIS_GUIAS} guias"
    return "um lote tem guias de um só tipo"


def _regra_de_raiz(elemento: etree._Element) -> str:
    if not etree.QName(elemento).namespace:
        return f'a mensagem está sem o espaço de nomes "{NS_TISS}"'
    return "não é uma mensagem do padrão"
