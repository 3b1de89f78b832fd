"""O que o esquema esperava em cada lugar que não o segue, para quem corrige a mensagem.

Quem dá o veredito é a libxml2; aqui o ``xmlschema``, que é muito mais lento e conhece os tipos, diz
que forma e que valores cabiam. Só serve fora do caminho das mensagens, e nunca usa a rede.
"""

from __future__ import annotations

import tempfile
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import xmlschema
from xmlschema.validators import XMLSchemaChildrenValidationError

import tiss_xsd
from dominio.transacoes import NS_TISS
from dominio.versoes import sufixo
from mensagem.erros_de_esquema import ErroDeEsquema, explicar, lugar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

GUIAS = 7
"""De quantas guias com erros se procura o que se esperava; o xmlschema leva 4 ms por guia."""
_Q = f"{{{NS_TISS}}}"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_CODIGOS = 40
_NOMES = 10
_NATUREZAS = {
    "string": "texto",
    "integer": "número inteiro",
    "decimal": "número com ponto decimal",
    "date": "data AAAA-MM-DD",
    "time": "hora HH:MM:SS",
    "boolean": "true ou false",
    "base64Binary": "conteúdo em base64",
}


class ErroDetalhado(NamedTuple):
    """Um erro de esquema e o que cabia no lugar.

    Attributes:
        erro: onde está e que regra não segue.
        esperado: forma e valores que o esquema aceita ali; ``None`` depois de ``GUIAS`` guias com
            erros, ou quando o esquema não prevê o lugar.
    """

    erro: ErroDeEsquema
    esperado: str | None


def detalhar(mensagem: etree._Element, versao: str) -> list[ErroDetalhado]:
    """Os erros de uma mensagem que o esquema da versão não aceita, na ordem em que estão nela."""
    erros = explicar(mensagem, versao)
    esperados = dict(_esperados(mensagem, versao, erros)) if erros else {}
    return [ErroDetalhado(e, esperados.get((e.guia, e.item, e.campo))) for e in erros]


_Lugar = tuple[int | None, str | None, str]


def _esperados(
    mensagem: etree._Element, versao: str, erros: list[ErroDeEsquema]
) -> Iterator[tuple[_Lugar, str]]:
    ruins = sorted({e.guia for e in erros if e.guia is not None})[:GUIAS]
    copia, posicoes = _so_as_guias(mensagem, ruins)
    dados: Any = copia
    for erro in _esquema(versao).iter_errors(dados):
        alvo: Any = erro.elem
        if isinstance(erro, XMLSchemaChildrenValidationError) and erro.invalid_child is not None:
            alvo = erro.invalid_child
        elemento: etree._Element = alvo
        dito = lugar(elemento, versao)
        texto = _esperado(erro, elemento, versao)
        if texto is not None:
            guia = None if dito.guia is None else posicoes[dito.guia - 1]
            yield (guia, dito.item, dito.campo), texto


def _so_as_guias(mensagem: etree._Element, ruins: list[int]) -> tuple[etree._Element, list[int]]:
    """Cópia da mensagem com poucas guias, e a posição que cada uma tinha, a partir de 1."""
    copia = deepcopy(mensagem)
    guias = next(copia.iter(f"{_Q}guiasTISS"), None)
    if guias is None:
        return copia, []
    # um lote sem guias seria outro erro
    ficam = ruins or [1]
    for posicao, guia in enumerate(list(guias), 1):
        if posicao not in ficam:
            guias.remove(guia)
    return copia, ficam


@cache
def _esquema(versao: str) -> xmlschema.XMLSchema:
    """O esquema da versão, lido dos arquivos do catálogo; 0,7 segundo e 30 MB."""
    with tempfile.TemporaryDirectory(prefix="tiss-esquemas-") as pasta:
        for nome in tiss_xsd.arquivos(versao):
            (Path(pasta) / nome).write_bytes(tiss_xsd.ler(versao, nome))
        entrada = Path(pasta) / f"tissWebServices{sufixo(versao)}.xsd"
        return xmlschema.XMLSchema(str(entrada), allow="local", defuse="always")


def _esperado(erro: Any, elemento: etree._Element, versao: str) -> str | None:
    if isinstance(erro, XMLSchemaChildrenValidationError):
        nomes = [n for e in erro.expected or () if (n := getattr(e, "local_name", None))]
        return " ou ".join(dict.fromkeys(nomes[:_NOMES])) or None
    declaracao = _declaracao(elemento, versao)
    if declaracao is None or not declaracao.type.is_simple():
        return None
    return _descrever(declaracao.type)


def _declaracao(elemento: etree._Element, versao: str) -> Any:
    """A declaração de um elemento, seguida da raiz da mensagem até ele."""
    caminho = [elemento, *elemento.iterancestors()]
    declaracao: Any = _esquema(versao).maps.elements.get(str(caminho[-1].tag))
    for passo in reversed(caminho[:-1]):
        if declaracao is None or declaracao.type.is_simple():
            return None
        filhos = declaracao.type.content.iter_elements()
        declaracao = next((f for f in filhos if f.name == passo.tag), None)
    return declaracao


def _descrever(tipo: Any) -> str:
    """Um tipo simples em português: natureza, tamanho, forma e, se é uma lista, os códigos."""
    if tipo.enumeration:
        codigos = [str(c) for c in tipo.enumeration if c]
        mais = f" e mais {len(codigos) - _CODIGOS}" if len(codigos) > _CODIGOS else ""
        return f"um de {', '.join(codigos[:_CODIGOS])}{mais}"
    partes = [_natureza(tipo)]
    if tipo.min_length or tipo.max_length:
        partes.append(_tamanho(tipo.min_length, tipo.max_length))
    digitos, casas = (_faceta(tipo, nome) for nome in ("totalDigits", "fractionDigits"))
    if digitos:
        partes.append(f"até {digitos} dígitos" + (f", {casas} deles decimais" if casas else ""))
    if tipo.patterns is not None:
        partes.append("na forma " + " ou ".join(tipo.patterns.regexps))
    return ", ".join(partes)


def _natureza(tipo: Any) -> str:
    base = tipo
    while base.base_type is not None and not (base.name or "").startswith(_XS):
        base = base.base_type
    return _NATUREZAS.get(base.local_name, "valor")


def _tamanho(minimo: int | None, maximo: int | None) -> str:
    if minimo == maximo:
        return f"{maximo} caracteres"
    if maximo is None:
        return f"ao menos {minimo} caracteres"
    return f"de {minimo} a {maximo} caracteres" if minimo else f"até {maximo} caracteres"


def _faceta(tipo: Any, nome: str) -> int | None:
    faceta = tipo.get_facet(_XS + nome)
    return None if faceta is None else int(faceta.value)
