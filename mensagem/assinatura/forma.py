"""A forma de uma assinatura: o que se aceita de SignedInfo, e nada além disso.

XML-DSig permite quase tudo (XPath, XSLT, referências a partes, a outros lugares), e cada
permissão foi um ataque em algum verificador. Aqui lê-se só o que uma mensagem assinada precisa.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from mensagem.assinatura import algoritmos, canonica
from mensagem.assinatura.algoritmos import ENVELOPED, NS_DS, Digest, Metodo
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo

if TYPE_CHECKING:
    from mensagem.assinatura.canonica import Canonica

_D = f"{{{NS_DS}}}"
TIPO_DAS_PROPRIEDADES = "http://uri.etsi.org/01903#SignedProperties"
_COM_ID = etree.XPath("descendant-or-self::*[@Id=$i or @ID=$i or @id=$i or @xml:id=$i]")


class Referencia(NamedTuple):
    """Uma Reference: a que aponta, como se canonicaliza e o resumo que diz ter."""

    uri: str
    canonica: Canonica
    digest: Digest
    valor: bytes

    def confere(self, dados: bytes) -> bool:
        """Diz se o resumo dos bytes é o da Reference."""
        return self.digest.calcular(dados) == self.valor


class Forma(NamedTuple):
    """Uma assinatura cuja forma se aceita.

    Attributes:
        canonica: de SignedInfo.
        metodo: da assinatura.
        mensagem: a referência ao conteúdo.
        propriedades: a referência às propriedades XAdES, se há.
        chave: KeyInfo.
        objetos: os Object.
    """

    canonica: Canonica
    metodo: Metodo
    mensagem: Referencia
    propriedades: Referencia | None
    chave: etree._Element
    objetos: list[etree._Element]

    @property
    def depende_do_contexto(self) -> bool:
        """Se espaços de nomes que a mensagem não usa podem entrar no que se assinou."""
        referencias = [r for r in (self.mensagem, self.propriedades) if r is not None]
        return any(
            c.depende_do_contexto for c in (self.canonica, *(r.canonica for r in referencias))
        )

    @property
    def sha1(self) -> bool:
        """Se a assinatura ou um dos resumos usa SHA-1."""
        propriedades = self.propriedades
        return (
            self.metodo.sha1
            or self.mensagem.digest.sha1
            or (propriedades is not None and propriedades.digest.sha1)
        )


def ler(assinatura: etree._Element, *, aceitar_sha1: bool) -> Forma:
    """Lê a assinatura, já raiz de um documento seu.

    Raises:
        AssinaturaInvalida: o primeiro desvio que se acha.
    """
    filhos = list(assinatura)
    nomes = [f.tag for f in filhos]
    if nomes[:2] != [f"{_D}SignedInfo", f"{_D}SignatureValue"]:
        raise AssinaturaInvalida(Motivo.FORMA)
    if len(nomes) < 3 or nomes[2] != f"{_D}KeyInfo":
        soltos = any(nome != f"{_D}Object" for nome in nomes[2:])
        raise AssinaturaInvalida(Motivo.FORMA if soltos else Motivo.SEM_CERTIFICADO)
    if any(nome != f"{_D}Object" for nome in nomes[3:]):
        raise AssinaturaInvalida(Motivo.FORMA)
    base64(filhos[1])
    partes = list(filhos[0])
    if [p.tag for p in partes[:2]] != [f"{_D}CanonicalizationMethod", f"{_D}SignatureMethod"]:
        raise AssinaturaInvalida(Motivo.FORMA)
    metodo = algoritmos.metodo(partes[1].get("Algorithm"), aceitar_sha1=aceitar_sha1)
    if len(partes[1]):
        raise AssinaturaInvalida(Motivo.FORMA)
    mensagem, propriedades = _referencias(partes[2:], aceitar_sha1=aceitar_sha1)
    return Forma(canonica.ler(partes[0]), metodo, mensagem, propriedades, filhos[2], filhos[3:])


def base64(elemento: etree._Element) -> bytes:
    """Os bytes de um valor em Base64, sem tolerância a caracteres estranhos.

    Raises:
        AssinaturaInvalida: não é Base64, ou há elementos dentro do valor.
    """
    texto = "".join((elemento.text or "").split())
    try:
        dados = b64decode(texto, validate=True)
    except ValueError:
        raise AssinaturaInvalida(Motivo.BASE64) from None
    if not dados or len(elemento):
        raise AssinaturaInvalida(Motivo.BASE64)
    return dados


def ids(raiz: etree._Element, procurado: str) -> list[etree._Element]:
    """Os elementos que levam um Id, em qualquer das grafias do atributo."""
    achados: list[etree._Element] = _COM_ID(raiz, i=procurado)
    return achados


def _referencias(
    elementos: list[etree._Element], *, aceitar_sha1: bool
) -> tuple[Referencia, Referencia | None]:
    if any(e.tag != f"{_D}Reference" for e in elementos):
        raise AssinaturaInvalida(Motivo.FORMA)
    das_propriedades = [e for e in elementos if e.get("Type") == TIPO_DAS_PROPRIEDADES]
    da_mensagem = [e for e in elementos if e.get("Type") != TIPO_DAS_PROPRIEDADES]
    if not da_mensagem:
        raise AssinaturaInvalida(Motivo.SEM_REFERENCIA)
    if len(da_mensagem) > 1 or len(das_propriedades) > 1:
        raise AssinaturaInvalida(Motivo.REFERENCIAS_DEMAIS)
    return (
        _referencia(da_mensagem[0], enveloped=True, aceitar_sha1=aceitar_sha1),
        _referencia(das_propriedades[0], enveloped=False, aceitar_sha1=aceitar_sha1)
        if das_propriedades
        else None,
    )


def _referencia(elemento: etree._Element, *, enveloped: bool, aceitar_sha1: bool) -> Referencia:
    uri = elemento.get("URI")
    if uri is None:
        raise AssinaturaInvalida(Motivo.REFERENCIA_SEM_URI)
    if uri and (not uri.startswith("#") or uri.startswith("#xpointer(") or uri == "#"):
        raise AssinaturaInvalida(Motivo.REFERENCIA_EXTERNA)
    filhos = list(elemento)
    nomes = [f.tag for f in filhos]
    transformacoes: list[etree._Element] = []
    if nomes[:1] == [f"{_D}Transforms"]:
        transformacoes = list(filhos[0])
        filhos, nomes = filhos[1:], nomes[1:]
    if nomes != [f"{_D}DigestMethod", f"{_D}DigestValue"] or len(filhos[0]):
        raise AssinaturaInvalida(Motivo.FORMA)
    forma = _transformacoes(transformacoes, enveloped=enveloped)
    resumo = algoritmos.digest(filhos[0].get("Algorithm"), aceitar_sha1=aceitar_sha1)
    return Referencia(uri, forma, resumo, base64(filhos[1]))


def _transformacoes(elementos: list[etree._Element], *, enveloped: bool) -> Canonica:
    """Na mensagem, enveloped-signature e no máximo uma C14N depois; nas propriedades, só a C14N.

    A ordem contrária não existe: a C14N entrega bytes, de que não se tira mais um elemento.
    """
    if any(e.tag != f"{_D}Transform" for e in elementos):
        raise AssinaturaInvalida(Motivo.FORMA)
    uris = [e.get("Algorithm") for e in elementos]
    if any(uri != ENVELOPED and not canonica.e_canonicalizacao(uri) for uri in uris):
        raise AssinaturaInvalida(Motivo.TRANSFORMACAO)
    if enveloped:
        if ENVELOPED not in uris:
            raise AssinaturaInvalida(Motivo.SEM_ENVELOPED)
        if uris[0] != ENVELOPED or len(elementos[0]):
            raise AssinaturaInvalida(Motivo.TRANSFORMACAO)
        elementos, uris = elementos[1:], uris[1:]
    if len(elementos) > 1 or ENVELOPED in uris:
        raise AssinaturaInvalida(Motivo.TRANSFORMACAO)
    return canonica.ler(elementos[0]) if elementos else canonica.IMPLICITA
