"""Canonicalização (C14N) como a libxml2 a faz, com o desvio do seu defeito.

A libxml2, chamada pelo lxml sobre um elemento que não é a raiz, escreve declarações ``xmlns=""`` a
mais na forma inclusiva quando há espaço de nomes padrão em volta. Por isso só se pede a forma
inclusiva da raiz de um documento que se leu: :func:`avulso` e :func:`sozinho` o fazem de um
elemento. Uma cópia não basta, porque traz o defeito consigo.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import NamedTuple

from lxml import etree

from mensagem.assinatura.algoritmos import EXCLUSIVA, INCLUSIVA, NS_EXC
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo

_INCLUSIVE_NAMESPACES = f"{{{NS_EXC}}}InclusiveNamespaces"
_C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
_NOMES = {EXCLUSIVA: "exclusiva", INCLUSIVA: "inclusiva 1.0", _C14N_11: "inclusiva 1.1"}
# com ou sem comentários dá no mesmo: a leitura da mensagem os retira, e o que se assinou com eles
# não confere
_ACEITAS = _NOMES | {
    f"{EXCLUSIVA}WithComments": _NOMES[EXCLUSIVA],
    f"{INCLUSIVA}#WithComments": _NOMES[INCLUSIVA],
    f"{_C14N_11}#WithComments": _NOMES[_C14N_11],
}

_PREFIXOS = 8
"""Prefixos de uma ``PrefixList``; quem a usa diz um ou dois.

A libxml2 procura cada um em cada elemento: com cem mil, uma mensagem custava minutos.
"""
_ESPACOS = 16
"""Prefixos em vigor ao mesmo tempo no que se canonicaliza na forma inclusiva.

Ali a libxml2 paga por elemento o quadrado deles; uma mensagem assinada declara menos de dez.
"""


class Canonica(NamedTuple):
    """Uma forma canônica.

    Attributes:
        nome: para mostrar.
        exclusiva: se deixa de fora os espaços de nomes que não se usam.
        prefixos: os que a exclusiva trata como a inclusiva.
    """

    nome: str
    exclusiva: bool
    prefixos: tuple[str, ...] = ()

    @property
    def depende_do_contexto(self) -> bool:
        """Se os espaços de nomes declarados em volta, mesmo sem uso, entram nos bytes."""
        return not self.exclusiva or bool(self.prefixos)


IMPLICITA = Canonica(_NOMES[INCLUSIVA], exclusiva=False)
"""A que vale quando a Reference não diz nenhuma (XML-DSig, 4.4.3.2)."""


def e_canonicalizacao(uri: str | None) -> bool:
    """Diz se o endereço é de uma canonicalização que se aceita."""
    return uri in _ACEITAS


def ler(elemento: etree._Element) -> Canonica:
    """A forma que um ``CanonicalizationMethod`` ou ``Transform`` pede.

    Raises:
        AssinaturaInvalida: forma que não se aceita, com parâmetros que não tem, ou com prefixos
            demais.
    """
    nome = _ACEITAS.get(elemento.get("Algorithm") or "")
    if nome is None:
        raise AssinaturaInvalida(Motivo.CANONICALIZACAO)
    if nome == _NOMES[EXCLUSIVA]:
        return Canonica(nome, exclusiva=True, prefixos=_prefixos(elemento))
    if len(elemento):
        raise AssinaturaInvalida(Motivo.FORMA)
    return Canonica(nome, exclusiva=False)


def _prefixos(elemento: etree._Element) -> tuple[str, ...]:
    filhos = list(elemento)
    if not filhos:
        return ()
    if len(filhos) != 1 or filhos[0].tag != _INCLUSIVE_NAMESPACES:
        raise AssinaturaInvalida(Motivo.FORMA)
    # repeti-los não muda os bytes, só o custo
    prefixos = tuple(dict.fromkeys((filhos[0].get("PrefixList") or "").split()))
    if len(prefixos) > _PREFIXOS:
        raise AssinaturaInvalida(Motivo.FORMA)
    return prefixos


def avulso(elemento: etree._Element) -> etree._Element:
    """O elemento como raiz de um documento seu, com os espaços de nomes que estavam à vista."""
    return etree.fromstring(
        # noutra codificação a libxml2 estragaria o que não coubesse nela dentro de um CDATA
        etree.tostring(elemento, encoding="utf-8", with_tail=False),
        # os limites foram os da primeira leitura, que num documento anexado passam dos da libxml2
        etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False, huge_tree=True),
    )


def sozinho(elemento: etree._Element) -> etree._Element:
    """Como :func:`avulso`, mas só com os espaços de nomes declarados no elemento ou usados nele."""
    return avulso(copy.deepcopy(elemento))


def tirado(elemento: etree._Element) -> etree._Element:
    """Como :func:`sozinho`, mas tira o elemento de onde está, o que custa menos que o copiar."""
    pai = elemento.getparent()
    if pai is None or None in pai.nsmap:
        # um espaço padrão declarado fora do elemento ganharia um prefixo ao mudar de lugar
        return sozinho(elemento)
    pai.remove(elemento)
    return avulso(elemento)


def canonizar(elemento: etree._Element, forma: Canonica) -> bytes:
    """Os bytes da forma canônica.

    Comentários e instruções, que não deviam estar na árvore, seriam lidos de outro modo que o
    assinado (``1<!-- -->2``). Na forma canônica um ``<`` é sempre marcação, e achá-los é procurar
    dois trechos de bytes.

    Args:
        elemento: na forma inclusiva, a raiz de um documento que se leu.
        forma: a que se quer.

    Raises:
        AssinaturaInvalida: há comentários, instruções, espaços de nomes relativos, ou, na forma
            inclusiva, espaços de nomes demais.
    """
    if not forma.exclusiva:
        _conferir_espacos(elemento)
    try:
        dados = etree.tostring(
            elemento,
            method="c14n",
            exclusive=forma.exclusiva,
            with_comments=True,
            inclusive_ns_prefixes=list(forma.prefixos) or None,
        )
    except etree.C14NError:
        raise AssinaturaInvalida(Motivo.ESPACO_DE_NOMES) from None
    # procurar um só byte, que quase nunca há, custa muito menos que procurar o trecho
    if (b"!" in dados and b"<!--" in dados) or (b"?" in dados and b"<?" in dados):
        raise AssinaturaInvalida(Motivo.COMENTARIO_OU_INSTRUCAO)
    return dados


def _conferir_espacos(raiz: etree._Element) -> None:
    em_vigor: Counter[str] = Counter()
    pilha: list[str] = []
    for evento, declarado in etree.iterwalk(raiz, events=("start-ns", "end-ns")):
        if evento == "start-ns" and declarado is not None:
            pilha.append(declarado[0])
            em_vigor[declarado[0]] += 1
            if len(em_vigor) > _ESPACOS:
                raise AssinaturaInvalida(Motivo.ESPACOS_DEMAIS)
            continue
        prefixo = pilha.pop()
        em_vigor[prefixo] -= 1
        if not em_vigor[prefixo]:
            del em_vigor[prefixo]
