"""Assinaturas feitas à mão, para que se possa assinar de verdade o que nenhum programa assina.

Nada daqui usa ``mensagem.assinatura``: o XML da assinatura é texto, e o valor sai da chave.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from certificados import Par

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ENVELOPED = f"{DS}enveloped-signature"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
INC = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
SHA1 = f"{DS}sha1"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#md5"
PROPRIEDADES = "http://uri.etsi.org/01903#SignedProperties"
_RESUMOS = {SHA256: "sha256", SHA512: "sha512", SHA1: "sha1", MD5: "md5"}
ANS_SIGNATURE = f"{{{NS_TISS}}}Signature"
DS_SIGNATURE = f"{{{DS}}}Signature"


class Ref(NamedTuple):
    """Uma Reference sobre bytes quaisquer."""

    dados: bytes
    uri: str | None = ""
    transformacoes: tuple[str, ...] = (ENVELOPED, EXC)
    digest: str = SHA256
    tipo: str | None = None
    funcao: str | None = None
    """A que de fato se usa, quando não é a que se diz."""

    def xml(self) -> str:
        funcao = self.funcao or _RESUMOS[self.digest]
        valor = b64encode(hashlib.new(funcao, self.dados).digest()).decode()
        uri = "" if self.uri is None else f' URI="{self.uri}"'
        tipo = "" if self.tipo is None else f' Type="{self.tipo}"'
        passos = "".join(t if t.startswith("<") else _transform(t) for t in self.transformacoes)
        transformacoes = f"<ds:Transforms>{passos}</ds:Transforms>" if passos else ""
        return (
            f"<ds:Reference{uri}{tipo}>{transformacoes}"
            f'<ds:DigestMethod Algorithm="{self.digest}"/>'
            f"<ds:DigestValue>{valor}</ds:DigestValue></ds:Reference>"
        )


def _transform(uri: str) -> str:
    return f'<ds:Transform Algorithm="{uri}"/>'


def exclusiva(elemento: etree._Element) -> bytes:
    return etree.tostring(elemento, method="c14n", exclusive=True)


def x509(*pares: Par) -> str:
    """``X509Data`` com o certificado de cada par."""
    certificados = "".join(
        f"<ds:X509Certificate>{b64encode(par.der).decode()}</ds:X509Certificate>" for par in pares
    )
    return f"<ds:X509Data>{certificados}</ds:X509Data>"


def key_value(par: Par) -> str:
    """``KeyValue`` de uma chave RSA."""
    assert isinstance(par.chave, rsa.RSAPrivateKey)
    numeros = par.chave.public_key().public_numbers()
    modulo = b64encode(numeros.n.to_bytes((numeros.n.bit_length() + 7) // 8, "big")).decode()
    expoente = b64encode(numeros.e.to_bytes(3, "big")).decode()
    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulo}</ds:Modulus>"
        f"<ds:Exponent>{expoente}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    )


def der_key_value(par: Par) -> str:
    """``DEREncodedKeyValue``, de XML-DSig 1.1."""
    der = par.chave.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        '<d11:DEREncodedKeyValue xmlns:d11="http://www.w3.org/2009/xmldsig11#">'
        f"{b64encode(der).decode()}</d11:DEREncodedKeyValue>"
    )


def propriedades(
    par: Par,
    *,
    identificador: str = "p",
    alvo: str = "s",
    serie: int | None = None,
    dentro: str = "",
    depois: str = "",
    v2: bool = False,
) -> str:
    """Um Object com propriedades XAdES que nomeiam o certificado do par."""
    resumo = b64encode(hashlib.sha256(par.der).digest()).decode()
    nome = "SigningCertificateV2" if v2 else "SigningCertificate"
    emissor = (
        ""
        if v2
        else "<xades:IssuerSerial><ds:X509IssuerName>CN=AC</ds:X509IssuerName><ds:X509SerialNumber>"
        f"{serie or par.certificado.serial_number}</ds:X509SerialNumber></xades:IssuerSerial>"
    )
    return (
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{alvo}">'
        f'<xades:SignedProperties Id="{identificador}"><xades:SignedSignatureProperties>'
        "<xades:SigningTime>2026-03-20T10:00:00-03:00</xades:SigningTime>"
        f'<xades:{nome}><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{SHA256}"/>'
        f"<ds:DigestValue>{resumo}</ds:DigestValue></xades:CertDigest>{emissor}</xades:Cert>"
        f"</xades:{nome}></xades:SignedSignatureProperties>{dentro}</xades:SignedProperties>"
        f"{depois}</xades:QualifyingProperties></ds:Object>"
    )


def ref_das_propriedades(objeto: str, uri: str = "#p") -> Ref:
    """A Reference às propriedades de um Object feito por :func:`propriedades`."""
    [achada] = etree.fromstring(f'<a xmlns:ds="{DS}">{objeto}</a>').iter(
        f"{{{XADES}}}SignedProperties"
    )
    return Ref(exclusiva(achada), uri, (EXC,), tipo=PROPRIEDADES)


def forjar(
    mensagem: etree._Element,
    par: Par,
    *refs: Ref,
    metodo: str = RSA_SHA256,
    resumo: hashes.HashAlgorithm | None = None,
    c14n: str = EXC,
    keyinfo: str | None = None,
    objetos: str = "",
    nome: str = ANS_SIGNATURE,
    no_metodo: str = "",
    por_hmac: bytes | None = None,
    identificador: str = "s",
) -> etree._Element:
    """Acrescenta à mensagem uma assinatura verdadeira do que se pede.

    Sem ``refs``, cobre a mensagem inteira como deve.

    Returns:
        A mensagem.
    """
    usadas = refs or (Ref(exclusiva(mensagem)),)
    informacao = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{c14n}"/>'
        f'<ds:SignatureMethod Algorithm="{metodo}">{no_metodo}</ds:SignatureMethod>'
        f"{''.join(ref.xml() for ref in usadas)}</ds:SignedInfo>"
    )
    canonico = exclusiva(etree.fromstring(informacao))
    valor = _valor(canonico, par, resumo or hashes.SHA256(), por_hmac)
    texto = (
        f"<{'ds:' if nome == DS_SIGNATURE else 'ans:'}{etree.QName(nome).localname}"
        f' xmlns:ans="{NS_TISS}" xmlns:ds="{DS}" Id="{identificador}">{informacao}'
        f"<ds:SignatureValue>{b64encode(valor).decode()}</ds:SignatureValue>"
        f"<ds:KeyInfo>{x509(par) if keyinfo is None else keyinfo}</ds:KeyInfo>{objetos}"
        f"</{'ds:' if nome == DS_SIGNATURE else 'ans:'}{etree.QName(nome).localname}>"
    )
    mensagem.append(etree.fromstring(texto))
    return mensagem


def _valor(dados: bytes, par: Par, resumo: hashes.HashAlgorithm, por_hmac: bytes | None) -> bytes:
    if por_hmac is not None:
        return hmac.digest(por_hmac, dados, "sha256")
    if isinstance(par.chave, rsa.RSAPrivateKey):
        return par.chave.sign(dados, PKCS1v15(), resumo)
    r, s = decode_dss_signature(par.chave.sign(dados, ec.ECDSA(resumo)))
    tamanho = (par.chave.key_size + 7) // 8
    return r.to_bytes(tamanho, "big") + s.to_bytes(tamanho, "big")
