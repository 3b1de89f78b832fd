"""Estragos: cada um altera uma mensagem num lugar ao acaso; alguns a deixam válida."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from lxml import etree

from _esquemas.valores import ESTRAGOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def estraga(mensagem: etree._Element, vezes: int, sorteio: Random) -> None:
    """Aplica tantos estragos quantos se pedem, em lugares ao acaso."""
    for _ in range(vezes):
        internos = list(mensagem.iterdescendants("*"))
        folhas = [e for e in internos if not len(e)]
        if not folhas:
            return
        estrago = sorteio.choice(_ESTRAGOS)
        # metade nas folhas: são tantas que o acaso puro quase nunca acharia um ramo, e vice-versa
        estrago(sorteio.choice(sorteio.choice((internos, folhas))), sorteio)


def _pai(elemento: etree._Element) -> etree._Element:
    pai = elemento.getparent()
    assert pai is not None
    return pai


def _remove(elemento: etree._Element, _sorteio: Random) -> None:
    _pai(elemento).remove(elemento)


def _duplica(elemento: etree._Element, sorteio: Random) -> None:
    for _ in range(sorteio.choice((1, 1, 100))):
        elemento.addnext(copy.deepcopy(elemento))


def _troca_com_vizinho(elemento: etree._Element, _sorteio: Random) -> None:
    vizinho = elemento.getnext()
    if vizinho is not None:
        vizinho.addnext(elemento)


def _muda_de_lugar(elemento: etree._Element, sorteio: Random) -> None:
    raiz = elemento.getroottree().getroot()
    destinos = [
        e for e in raiz.iter("*") if e is not elemento and elemento not in e.iterancestors()
    ]
    sorteio.choice(destinos).append(elemento)


def _renomeia(elemento: etree._Element, sorteio: Random) -> None:
    nome = etree.QName(elemento)
    outros = [str(e.tag) for e in elemento.getroottree().getroot().iter("*")]
    grafias = [f"{{{nome.namespace}}}{g}" for g in (nome.localname.upper(), nome.localname + "x")]
    elemento.tag = sorteio.choice([*grafias, sorteio.choice(outros)])


def _outro_espaco(elemento: etree._Element, sorteio: Random) -> None:
    espacos = ("", "{http://www.w3.org/2000/09/xmldsig#}", "{urn:outro}")
    elemento.tag = sorteio.choice(espacos) + etree.QName(elemento).localname


def _troca_valor(elemento: etree._Element, sorteio: Random) -> None:
    elemento.text = sorteio.choice(ESTRAGOS)


def _alonga(elemento: etree._Element, sorteio: Random) -> None:
    elemento.text = (elemento.text or "0") * sorteio.choice((2, 3, 40))


def _encurta(elemento: etree._Element, _sorteio: Random) -> None:
    elemento.text = (elemento.text or "")[:-1]


def _cerca_de_brancos(elemento: etree._Element, sorteio: Random) -> None:
    elemento.text = sorteio.choice((" {}", "{} ", "\n{}\n")).format(elemento.text or "")


def _atributo(elemento: etree._Element, sorteio: Random) -> None:
    nome = sorteio.choice(("Id", "versao", f"{_XSI}nil", f"{_XSI}schemaLocation", f"{_XSI}type"))
    elemento.set(nome, sorteio.choice(("true", "x", "urn:a b")))


def _sem_atributo(elemento: etree._Element, _sorteio: Random) -> None:
    elemento.attrib.clear()


def _filho_a_mais(elemento: etree._Element, sorteio: Random) -> None:
    espaco = etree.QName(elemento).namespace
    nome = sorteio.choice((f"{{{espaco}}}hash", "{urn:outro}extra", "extra"))
    elemento.insert(0, elemento.makeelement(nome))


def _comentario(elemento: etree._Element, _sorteio: Random) -> None:
    elemento.append(etree.Comment("nada"))


def _texto_solto(elemento: etree._Element, sorteio: Random) -> None:
    elemento.tail = sorteio.choice(("x", "\n  "))


def _esvazia(elemento: etree._Element, _sorteio: Random) -> None:
    for filho in list(elemento):
        elemento.remove(filho)
    elemento.text = None


_ESTRAGOS: tuple[Callable[[etree._Element, Random], None], ...] = (
    _remove, _duplica, _troca_com_vizinho, _muda_de_lugar, _renomeia, _outro_espaco, _troca_valor,
    _troca_valor, _alonga, _encurta, _cerca_de_brancos, _atributo, _sem_atributo, _filho_a_mais,
    _comentario, _texto_solto, _esvazia,
)  # fmt: skip
