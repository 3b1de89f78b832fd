"""Um conjunto de esquemas como componentes comparáveis, sem forma de escrita.

Nomes qualificados são resolvidos, valores por omissão são escritos, comentários, anotações e a
ordem que nada significa (atributos, facetas que não são códigos, componentes globais) somem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from pathlib import Path

XS = "{http://www.w3.org/2001/XMLSchema}"

_QNAMES = frozenset({"type", "base", "ref"})
_OMISSOES = {
    "element": {"minOccurs": "1", "maxOccurs": "1", "nillable": "false", "abstract": "false"},
    "sequence": {"minOccurs": "1", "maxOccurs": "1"},
    "choice": {"minOccurs": "1", "maxOccurs": "1"},
    "any": {
        "minOccurs": "1",
        "maxOccurs": "1",
        "processContents": "strict",
        "namespace": "##any",
    },
    "attribute": {"use": "optional"},
    "complexType": {"mixed": "false", "abstract": "false"},
}
_NO_ESQUEMA = {
    "elementFormDefault": "unqualified",
    "attributeFormDefault": "unqualified",
    "blockDefault": "",
    "finalDefault": "",
    "targetNamespace": "",
}


class Componente(NamedTuple):
    """Um nó do esquema: espécie, propriedades e partes."""

    especie: str
    propriedades: tuple[tuple[str, str], ...]
    partes: tuple[Componente, ...]

    def prop(self, nome: str) -> str | None:
        """Valor de uma propriedade, ou nada."""
        return dict(self.propriedades).get(nome)


class Arquivo(NamedTuple):
    """Um arquivo de esquema: o que vale para ele todo, o que inclui e o que declara."""

    gerais: dict[str, str]
    ligacoes: frozenset[tuple[str, str, str]]
    globais: dict[tuple[str, str], Componente]


def ler_pasta(pasta: Path) -> dict[str, Arquivo]:
    """Arquivos de esquema de uma pasta, por nome."""
    leitor = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    return {
        caminho.name: _arquivo(etree.fromstring(caminho.read_bytes(), leitor))
        for caminho in sorted(pasta.glob("*.xsd"))
    }


def _arquivo(raiz: etree._Element) -> Arquivo:
    ligacoes = set()
    globais = {}
    for filho in raiz.iterchildren(f"{XS}*"):
        especie = etree.QName(filho).localname
        if especie in {"include", "import"}:
            local = str(filho.get("schemaLocation"))
            ligacoes.add((especie, filho.get("namespace", ""), local))
        elif especie != "annotation":
            chave = (especie, str(filho.get("name")))
            assert chave not in globais
            globais[chave] = _componente(filho)
    gerais = {nome: raiz.get(nome, omissao) for nome, omissao in _NO_ESQUEMA.items()}
    return Arquivo(gerais, frozenset(ligacoes), globais)


def _componente(no: etree._Element) -> Componente:
    especie = etree.QName(no).localname
    propriedades = dict(_OMISSOES.get(especie, {}))
    for nome, valor in no.attrib.items():
        if nome != "id":
            propriedades[str(nome)] = _resolve(no, str(valor)) if nome in _QNAMES else str(valor)
    partes = [_componente(f) for f in no.iterchildren(f"{XS}*") if f.tag != f"{XS}annotation"]
    if especie == "restriction":
        # a ordem dos códigos é mantida; a das outras facetas nada significa
        partes.sort(key=lambda p: (0, "") if p.especie == "enumeration" else (1, str(p)))
    else:
        atributos = sorted(p for p in partes if p.especie == "attribute")
        partes = [p for p in partes if p.especie != "attribute"] + atributos
    return Componente(especie, tuple(sorted(propriedades.items())), tuple(partes))


def _resolve(no: etree._Element, nome: str) -> str:
    prefixo, _, local = nome.rpartition(":")
    return f"{{{no.nsmap[prefixo or None]}}}{local}"
