"""Onde a assinatura da mensagem está, e só ali."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.transacoes import NS_TISS, TRANSACOES
from mensagem.assinatura.algoritmos import NS_DS
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo
from mensagem.assinatura.valores import Grafia

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"
GRAFIAS = {
    f"{_Q}Signature": Grafia.ANS_SIGNATURE,
    f"{_Q}Signatures": Grafia.ANS_SIGNATURES,
    f"{{{NS_DS}}}Signature": Grafia.DS_SIGNATURE,
}
"""Nome expandido -> grafia; qualquer uma se aceita em qualquer mensagem."""
_ARQUIVO = f"{_Q}mensagemTISS"
_DA_RAIZ = {_Q + t.raiz_resposta: f"{_Q}{t.assinatura_resposta}" for t in TRANSACOES}


class Achada(NamedTuple):
    """O elemento da assinatura e como se chama."""

    elemento: etree._Element
    grafia: Grafia


def do_contrato(raiz: etree._Element) -> str:
    """Nome expandido que o esquema dá à assinatura da mensagem."""
    if raiz.tag == _ARQUIVO:
        return f"{{{NS_DS}}}Signature"
    return _DA_RAIZ.get(str(raiz.tag), f"{_Q}Signature")


def achar(mensagem: etree._Element) -> Achada | None:
    """A assinatura da mensagem, ou ``None`` se não há nenhuma em parte alguma.

    Raises:
        AssinaturaInvalida: há mais de uma, ou uma fora do último lugar.
    """
    filhas = list(mensagem.iterchildren(*GRAFIAS))
    if not filhas:
        if next(mensagem.iter(*GRAFIAS), None) is not None:
            raise AssinaturaInvalida(Motivo.FORA_DO_LUGAR)
        return None
    if len(filhas) > 1:
        raise AssinaturaInvalida(Motivo.REPETIDA)
    if filhas[0].getnext() is not None:
        raise AssinaturaInvalida(Motivo.NAO_E_A_ULTIMA)
    return Achada(filhas[0], GRAFIAS[str(filhas[0].tag)])


def retirar(assinatura: etree._Element) -> None:
    """Tira a assinatura da árvore, como faz a transformação enveloped-signature.

    O espaço em volta dela fica, porque entra no que se assinou.
    """
    pai = assinatura.getparent()
    assert pai is not None  # noqa: S101 - a assinatura é filha da mensagem
    depois = assinatura.tail
    anterior = assinatura.getprevious()
    pai.remove(assinatura)
    if not depois:
        return
    if anterior is None:
        pai.text = (pai.text or "") + depois
    else:
        anterior.tail = (anterior.tail or "") + depois


def exigir_unica(mensagem: etree._Element) -> None:
    """Confere que, retirada a assinatura, não sobra outra em parte alguma.

    Raises:
        AssinaturaInvalida: sobra.
    """
    if next(mensagem.iter(*GRAFIAS), None) is not None:
        raise AssinaturaInvalida(Motivo.FORA_DO_LUGAR)
