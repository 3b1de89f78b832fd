"""Mensagens ao acaso, mas repetíveis, percorrendo um esquema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from _esquemas.valores import do_padrao, do_tipo

if TYPE_CHECKING:
    from random import Random

    from _esquemas.componentes import Arquivo, Componente

PREFIXOS = {
    "ans": "http://www.ans.gov.br/padroes/tiss/schemas",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "outro": "urn:outro",
    "exemplo": "urn:exemplo",
}
"""Prefixos declarados na raiz de toda mensagem gerada."""

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_FUNDO = 14
"""Profundidade a partir da qual só se gera o obrigatório."""


class Gerador:
    """Gera mensagens válidas a partir dos componentes de um conjunto de esquemas.

    Args:
        arquivos: o conjunto, como lido por ``ler_pasta``.
        sorteio: de onde vem todo acaso.
    """

    def __init__(self, arquivos: dict[str, Arquivo], sorteio: Random) -> None:
        self._sorteio = sorteio
        self._globais: dict[tuple[str, str], Componente] = {}
        self.raizes: list[str] = []
        for nome, arquivo in arquivos.items():
            espaco = arquivo.gerais["targetNamespace"]
            for (especie, local), componente in arquivo.globais.items():
                self._globais[especie, f"{{{espaco}}}{local}"] = componente
                if especie == "element" and nome != "xmldsig-core-schema.xsd":
                    self.raizes.append(f"{{{espaco}}}{local}")

    def mensagem(self, raiz: str) -> etree._Element:
        """Uma mensagem válida com o elemento global pedido."""
        elemento = etree.Element(raiz, nsmap=PREFIXOS)
        self._preenche(elemento, self._globais["element", raiz])
        return elemento

    def _preenche(self, elemento: etree._Element, declaracao: Componente) -> None:
        tipo = declaracao.prop("type")
        if tipo is None:
            (anonimo,) = declaracao.partes
            self._complexo(elemento, anonimo)
        elif ("complexType", tipo) in self._globais:
            self._complexo(elemento, self._globais["complexType", tipo])
        else:
            elemento.text = self._simples(tipo)

    def _complexo(self, elemento: etree._Element, tipo: Componente) -> None:
        for parte in tipo.partes:
            if parte.especie == "attribute":
                if parte.prop("use") == "required" or self._sorteio.random() < 0.3:
                    elemento.set(str(parte.prop("name")), self._simples(str(parte.prop("type"))))
            elif parte.especie in {"complexContent", "simpleContent"}:
                self._derivado(elemento, parte.partes[0])
            else:
                self._particula(elemento, parte)

    def _derivado(self, elemento: etree._Element, derivacao: Componente) -> None:
        base = str(derivacao.prop("base"))
        if ("complexType", base) in self._globais:
            self._complexo(elemento, self._globais["complexType", base])
        else:
            elemento.text = self._simples(base)
        self._complexo(elemento, derivacao)

    def _particula(self, pai: etree._Element, particula: Componente) -> None:
        for _ in range(self._vezes(pai, particula)):
            if particula.especie == "sequence":
                for parte in particula.partes:
                    self._particula(pai, parte)
            elif particula.especie == "choice":
                self._particula(pai, self._sorteio.choice(particula.partes))
            elif particula.especie == "element":
                self._elemento(pai, particula)
            else:
                self._qualquer(pai, particula)

    def _vezes(self, pai: etree._Element, particula: Componente) -> int:
        minimo = int(str(particula.prop("minOccurs")))
        maximo = str(particula.prop("maxOccurs"))
        # cadeia de conteúdo livre não tem declaração que se possa cumprir
        livre = particula.especie == "any" and particula.prop("processContents") == "strict"
        if livre or sum(1 for _ in pai.iterancestors()) > _FUNDO:
            return minimo
        ate = minimo + 2 if maximo == "unbounded" else min(int(maximo), minimo + 2)
        return self._sorteio.randint(minimo, ate)

    def _elemento(self, pai: etree._Element, particula: Componente) -> None:
        referido = particula.prop("ref")
        if referido is not None:
            self._preenche(etree.SubElement(pai, referido), self._globais["element", referido])
            return
        # nos dois espaços de nomes, quem declara o filho é do mesmo espaço do elemento pai
        espaco = etree.QName(pai).namespace
        self._preenche(etree.SubElement(pai, f"{{{espaco}}}{particula.prop('name')}"), particula)

    def _qualquer(self, pai: etree._Element, _particula: Componente) -> None:
        etree.SubElement(pai, "{urn:exemplo}qualquer").text = "x"

    def _simples(self, tipo: str) -> str:
        facetas: dict[str, str] = {}
        while not tipo.startswith(_XSD):
            (restricao,) = self._globais["simpleType", tipo].partes
            codigos = [p.prop("value") for p in restricao.partes if p.especie == "enumeration"]
            if codigos:
                return str(self._sorteio.choice(codigos))
            for parte in restricao.partes:
                facetas.setdefault(parte.especie, str(parte.prop("value")))
            tipo = str(restricao.prop("base"))
        if "pattern" in facetas:
            maximo = int(facetas.get("maxLength", 20))
            return do_padrao(facetas["pattern"], maximo, self._sorteio)
        return do_tipo(tipo.removeprefix(_XSD), facetas, self._sorteio)
