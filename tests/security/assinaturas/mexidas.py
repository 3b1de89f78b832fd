"""Assinaturas com nós trocados de lugar, repetidos, renomeados ou estragados ao acaso."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import certificados as icp
from lxml import etree
from security.assinaturas import adulteracoes, oficina

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_TEXTOS = (
    "", "#", "#p", "#s", "#m", "x", "-1", "0", "http://a.invalid", "AAAA", "é", "9" * 70, " ",
    "2026-13-45T99:99:99", "0001-01-01T00:00:00+23:59", "A" * 4000, "#xpointer(/)", "urn:oid:2.16",
)  # fmt: skip
_NOMES = (
    "Signature", "SignedInfo", "Reference", "Object", "X509Data", "X509Certificate", "KeyValue",
    "Transforms", "Transform", "DigestValue", "InclusiveNamespaces", "SignedProperties", "Cert",
    "KeyInfo", "RSAKeyValue", "Modulus", "ECKeyValue", "DSAKeyValue", "DEREncodedKeyValue",
)  # fmt: skip
_ESPACOS = (
    oficina.DS, NS_TISS, oficina.XADES, oficina.EXC, "http://www.w3.org/2009/xmldsig11#",
)  # fmt: skip
_ATRIBUTOS = ("Id", "ID", "URI", "Algorithm", "Type", "Target", "PrefixList")


def bases() -> list[bytes]:
    """Mensagens íntegras, cada uma com outra forma de assinatura."""
    rsa, curva = adulteracoes.titular(), icp.intermediaria().titular(tipo="ec256")
    com_rsa = oficina.x509(rsa, icp.intermediaria()) + oficina.key_value(rsa)
    com_curva = oficina.x509(curva) + oficina.der_key_value(curva)
    feitas = (
        adulteracoes.com_xades(),
        adulteracoes.com_xades(v2=True),
        adulteracoes.com_id(),
        oficina.forjar(adulteracoes.base(), rsa, keyinfo=com_rsa),
        oficina.forjar(adulteracoes.base(), curva, metodo=_ECDSA, keyinfo=com_curva),
    )
    return [etree.tostring(mensagem) for mensagem in feitas]


def mexer(dados: bytes, acaso: Random) -> bytes:
    """A mensagem com de uma a três mudanças, quase todas dentro da assinatura."""
    mensagem = etree.fromstring(dados)
    assinatura = mensagem[-1]
    for _ in range(acaso.choice((1, 1, 1, 2, 3))):
        nos = list((assinatura if acaso.random() < 0.9 else mensagem).iter())
        acaso.choice(_MUDANCAS)(acaso.choice(nos), nos, acaso)
    return etree.tostring(mensagem)


def _tirar(no: etree._Element, _nos: list[etree._Element], _acaso: Random) -> None:
    pai = no.getparent()
    if pai is not None:
        pai.remove(no)


def _repetir(no: etree._Element, _nos: list[etree._Element], _acaso: Random) -> None:
    if no.getparent() is not None:
        no.addnext(deepcopy(no))


def _por_dentro(no: etree._Element, nos: list[etree._Element], acaso: Random) -> None:
    acaso.choice(nos).append(deepcopy(no))


def _trocar_texto(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    no.text = acaso.choice(_TEXTOS)


def _cortar_texto(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    no.text = (no.text or "")[: acaso.randrange(len(no.text or "") + 1)]


def _trocar_letra(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    texto = no.text or ""
    lugar = acaso.randrange(len(texto) + 1)
    no.text = texto[:lugar] + acaso.choice("Aa0= +/é") + texto[lugar + 1 :]


def _trocar_atributo(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    no.set(acaso.choice(_ATRIBUTOS), acaso.choice((*_TEXTOS, *map(str, no.attrib.values()))))


def _tirar_atributos(no: etree._Element, _nos: list[etree._Element], _acaso: Random) -> None:
    no.attrib.clear()


def _renomear(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    no.tag = f"{{{acaso.choice(_ESPACOS)}}}{acaso.choice(_NOMES)}"


def _embaralhar(no: etree._Element, _nos: list[etree._Element], acaso: Random) -> None:
    filhos = list(no)
    acaso.shuffle(filhos)
    for filho in filhos:
        no.append(filho)


_MUDANCAS: tuple[Callable[[etree._Element, list[etree._Element], Random], None], ...] = (
    _tirar, _repetir, _por_dentro, _trocar_texto, _cortar_texto, _trocar_letra, _trocar_atributo,
    _tirar_atributos, _renomear, _embaralhar,
)  # fmt: skip
