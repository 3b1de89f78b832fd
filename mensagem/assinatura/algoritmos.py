"""Os algoritmos que se aceitam, pelos endereços com que o XML-DSig os nomeia."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography.hazmat.primitives import hashes

from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo

if TYPE_CHECKING:
    from collections.abc import Callable

NS_DS = "http://www.w3.org/2000/09/xmldsig#"
NS_DSIG11 = "http://www.w3.org/2009/xmldsig11#"
NS_EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{NS_DS}enveloped-signature"
_MAIS = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"

EXCLUSIVA = NS_EXC
INCLUSIVA = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


class Metodo(NamedTuple):
    """Um algoritmo de assinatura.

    Attributes:
        uri: endereço.
        nome: para mostrar.
        tipo: da chave.
        resumo: função de resumo.
        sha1: se usa SHA-1.
    """

    uri: str
    nome: str
    tipo: Literal["rsa", "ec"]
    resumo: hashes.HashAlgorithm
    sha1: bool = False


class Digest(NamedTuple):
    """Um algoritmo de resumo."""

    uri: str
    nome: str
    funcao: Callable[[bytes], hashlib._Hash]
    sha1: bool = False

    def calcular(self, dados: bytes) -> bytes:
        """O resumo dos dados."""
        return self.funcao(dados).digest()


def _sha1(dados: bytes) -> hashlib._Hash:
    return hashlib.sha1(dados, usedforsecurity=False)


METODOS = {
    m.uri: m
    for m in (
        Metodo(f"{_MAIS}rsa-sha256", "RSA-SHA256", "rsa", hashes.SHA256()),
        Metodo(f"{_MAIS}rsa-sha384", "RSA-SHA384", "rsa", hashes.SHA384()),
        Metodo(f"{_MAIS}rsa-sha512", "RSA-SHA512", "rsa", hashes.SHA512()),
        Metodo(f"{_MAIS}ecdsa-sha256", "ECDSA-SHA256", "ec", hashes.SHA256()),
        Metodo(f"{_MAIS}ecdsa-sha384", "ECDSA-SHA384", "ec", hashes.SHA384()),
        Metodo(f"{_MAIS}ecdsa-sha512", "ECDSA-SHA512", "ec", hashes.SHA512()),
        Metodo(f"{NS_DS}rsa-sha1", "RSA-SHA1", "rsa", hashes.SHA1(), sha1=True),  # noqa: S303
        Metodo(f"{_MAIS}ecdsa-sha1", "ECDSA-SHA1", "ec", hashes.SHA1(), sha1=True),  # noqa: S303
    )
}
DIGESTS = {
    d.uri: d
    for d in (
        Digest(f"{_ENC}sha256", "SHA-256", hashlib.sha256),
        Digest(f"{_MAIS}sha384", "SHA-384", hashlib.sha384),
        Digest(f"{_ENC}sha512", "SHA-512", hashlib.sha512),
        Digest(f"{NS_DS}sha1", "SHA-1", _sha1, sha1=True),
    )
}
SHA256 = DIGESTS[f"{_ENC}sha256"]
RSA_SHA256 = METODOS[f"{_MAIS}rsa-sha256"]
ECDSA_SHA256 = METODOS[f"{_MAIS}ecdsa-sha256"]


def metodo(uri: str | None, *, aceitar_sha1: bool) -> Metodo:
    """O algoritmo de assinatura de um endereço.

    Raises:
        AssinaturaInvalida: HMAC, SHA-1 sem licença, ou outro que não se aceita.
    """
    achado = METODOS.get(uri or "")
    if achado is None:
        raise AssinaturaInvalida(
            Motivo.HMAC if "#hmac-" in (uri or "").lower() else Motivo.ALGORITMO
        )
    if achado.sha1 and not aceitar_sha1:
        raise AssinaturaInvalida(Motivo.SHA1)
    return achado


def digest(uri: str | None, *, aceitar_sha1: bool) -> Digest:
    """O algoritmo de resumo de um endereço.

    Raises:
        AssinaturaInvalida: SHA-1 sem licença, ou outro que não se aceita.
    """
    achado = DIGESTS.get(uri or "")
    if achado is None:
        raise AssinaturaInvalida(Motivo.DIGEST)
    if achado.sha1 and not aceitar_sha1:
        raise AssinaturaInvalida(Motivo.SHA1)
    return achado
