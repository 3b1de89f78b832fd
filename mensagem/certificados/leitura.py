"""Certificados e listas como chegam em arquivos: PEM, DER, PKCS#7."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

_INICIO_PEM = b"-----BEGIN CERTIFICATE-----"
_INICIO_PKCS7 = b"-----BEGIN PKCS7-----"


class CertificadoIlegivel(ValueError):
    """O arquivo não traz certificados que se possam ler."""


def ler_certificados(dados: bytes) -> list[x509.Certificate]:
    """Todos os certificados de um arquivo PEM (um ou muitos), DER ou PKCS#7.

    Raises:
        CertificadoIlegivel: não há nenhum, ou um deles está estragado.
    """
    try:
        if _INICIO_PEM in dados:
            return x509.load_pem_x509_certificates(dados)
        if _INICIO_PKCS7 in dados:
            return pkcs7.load_pem_pkcs7_certificates(dados)
    except (ValueError, UnsupportedAlgorithm):
        raise CertificadoIlegivel("o PEM não traz certificados que se possam ler") from None
    try:
        return [x509.load_der_x509_certificate(dados)]
    except ValueError:
        pass
    try:
        achados = pkcs7.load_der_pkcs7_certificates(dados)
    except (ValueError, UnsupportedAlgorithm):
        achados = []
    if not achados:
        raise CertificadoIlegivel("não é um certificado em PEM, DER ou PKCS#7")
    return achados


def impressao(certificado: x509.Certificate) -> str:
    """SHA-256 do certificado em DER, em hexadecimal: o nome por que se distingue de outro."""
    return hashlib.sha256(der(certificado)).hexdigest()


@lru_cache(maxsize=1024)
def der(certificado: x509.Certificate) -> bytes:
    """O certificado como foi assinado."""
    return certificado.public_bytes(Encoding.DER)


def nome_comum(nome: x509.Name) -> str:
    """O CN de um nome, ou o nome inteiro quando não tem CN."""
    comuns = nome.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(comuns[0].value) if comuns else nome.rfc4514_string()
