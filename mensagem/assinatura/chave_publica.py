"""KeyInfo: os certificados enviados, e qual deles pode ter assinado."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mensagem.assinatura.algoritmos import NS_DS, NS_DSIG11, Metodo
from mensagem.assinatura.forma import base64
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo

if TYPE_CHECKING:
    from lxml import etree

_D = f"{{{NS_DS}}}"
_CERTIFICADO = f"{_D}X509Certificate"
_X509 = f"{_D}X509Data"
_CHAVES = frozenset({f"{_D}KeyValue", f"{{{NS_DSIG11}}}DEREncodedKeyValue"})
_ACEITOS = frozenset({_X509, f"{_D}KeyName"}) | _CHAVES
_MAXIMO = 10
"""Certificados numa assinatura; uma cadeia da ICP-Brasil tem três ou quatro."""
_GUARDADOS = 256
"""Certificados já lidos que cada processo guarda; os mesmos prestadores assinam todo dia."""
_MAIOR = 16_384
"""Bytes de um certificado; os da ICP-Brasil têm dois ou três mil."""
_BITS = 2048
_CURVAS = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def certificados(chave: etree._Element) -> tuple[x509.Certificate, ...]:
    """Os certificados de KeyInfo, na ordem.

    Raises:
        AssinaturaInvalida: não há, são demais, um é ilegível, ou KeyInfo indica a chave de outro
            modo.
    """
    if any(filho.tag not in _ACEITOS for filho in chave):
        raise AssinaturaInvalida(Motivo.KEYINFO)
    if sum(1 for filho in chave if filho.tag in _CHAVES) > 1:
        raise AssinaturaInvalida(Motivo.KEYINFO)
    elementos = [c for dados in chave.iterchildren(_X509) for c in dados.iterchildren(_CERTIFICADO)]
    if not elementos:
        raise AssinaturaInvalida(Motivo.SEM_CERTIFICADO)
    if len(elementos) > _MAXIMO:
        raise AssinaturaInvalida(Motivo.CERTIFICADOS_DEMAIS)
    ders = [base64(e) for e in elementos]
    # antes de ler, porque o que se leu fica guardado
    if any(len(der) > _MAIOR for der in ders):
        raise AssinaturaInvalida(Motivo.GRANDE_DEMAIS)
    return tuple(_carregar(der) for der in ders)


@lru_cache(maxsize=_GUARDADOS)
def _carregar(der: bytes) -> x509.Certificate:
    try:
        certificado = x509.load_der_x509_certificate(der)
        # a biblioteca lê por partes, só quando se pedem; um certificado torto falharia depois
        certificado.public_key()
        _ = certificado.subject, certificado.issuer, certificado.extensions
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise AssinaturaInvalida(Motivo.CERTIFICADO_ILEGIVEL) from None
    return certificado


def do_titular(enviados: tuple[x509.Certificate, ...]) -> list[x509.Certificate]:
    """Os que não são de autoridade; todos, se todos são."""
    return [c for c in enviados if not _de_autoridade(c)] or list(enviados)


def _de_autoridade(certificado: x509.Certificate) -> bool:
    try:
        return certificado.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def problema(certificado: x509.Certificate, metodo: Metodo) -> Motivo | None:
    """Por que a chave do certificado não pode ter feito esta assinatura; ``None`` se pode."""
    publica = certificado.public_key()
    if isinstance(publica, rsa.RSAPublicKey):
        if metodo.tipo != "rsa":
            return Motivo.CHAVE_DE_OUTRO_TIPO
        return Motivo.CHAVE_FRACA if publica.key_size < _BITS else None
    if isinstance(publica, ec.EllipticCurvePublicKey):
        if metodo.tipo != "ec":
            return Motivo.CHAVE_DE_OUTRO_TIPO
        return None if isinstance(publica.curve, _CURVAS) else Motivo.CURVA
    return Motivo.CHAVE_DE_OUTRO_TIPO
