"""A chave com que a operadora, ou quem testa, assina mensagens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12

from mensagem.assinatura import chave_publica
from mensagem.assinatura.algoritmos import ECDSA_SHA256, RSA_SHA256

if TYPE_CHECKING:
    from mensagem.assinatura.algoritmos import Metodo

_COMECO_PEM = b"-----BEGIN "


class ChaveInvalida(Exception):
    """O arquivo não traz uma chave com que se possa assinar; o texto diz por quê."""


@dataclass(frozen=True, slots=True)
class ChaveDeAssinatura:
    """Chave privada, o seu certificado e os intermediários que se enviam com ele.

    Attributes:
        privada: RSA de 2048 bits ou mais, ou de curva elíptica.
        certificado: o do titular.
        cadeia: intermediários, sem a raiz.
    """

    privada: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificado: x509.Certificate
    cadeia: tuple[x509.Certificate, ...] = ()

    @classmethod
    def carregar(cls, dados: bytes, senha: str | None = None) -> ChaveDeAssinatura:
        """Lê um PKCS#12 (.p12, .pfx), ou um PEM com chave e certificados em qualquer ordem.

        Args:
            dados: conteúdo do arquivo.
            senha: da chave; ``None`` se não tem.

        Raises:
            ChaveInvalida: senha errada, arquivo ilegível, ou chave e certificado que não servem.
        """
        privada, certificados = _abrir(dados, senha or None)
        if not isinstance(privada, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ChaveInvalida("a chave não é RSA nem de curva elíptica")
        do_titular = [c for c in certificados if c.public_key() == privada.public_key()]
        if not do_titular:
            raise ChaveInvalida("o arquivo não traz o certificado da chave")
        nova = cls(
            privada,
            do_titular[0],
            tuple(c for c in certificados if c not in do_titular and c.subject != c.issuer),
        )
        problema = chave_publica.problema(nova.certificado, nova.metodo)
        if problema is not None:
            raise ChaveInvalida(problema.texto)
        if not _assina(nova.certificado):
            raise ChaveInvalida("o certificado não tem o uso de chave digitalSignature")
        return nova

    @property
    def metodo(self) -> Metodo:
        """O algoritmo com que assina: SHA-256 com o tipo da chave."""
        return RSA_SHA256 if isinstance(self.privada, rsa.RSAPrivateKey) else ECDSA_SHA256

    def assinar(self, dados: bytes) -> bytes:
        """O valor da assinatura, na forma do XML-DSig."""
        if isinstance(self.privada, rsa.RSAPrivateKey):
            return self.privada.sign(dados, PKCS1v15(), self.metodo.resumo)
        r, s = decode_dss_signature(self.privada.sign(dados, ec.ECDSA(self.metodo.resumo)))
        tamanho = (self.privada.key_size + 7) // 8
        return r.to_bytes(tamanho, "big") + s.to_bytes(tamanho, "big")


def _abrir(dados: bytes, senha: str | None) -> tuple[object, list[x509.Certificate]]:
    segredo = None if senha is None else senha.encode()
    try:
        if _COMECO_PEM in dados:
            chave = serialization.load_pem_private_key(dados, segredo)
            return chave, x509.load_pem_x509_certificates(dados)
        conteudo = pkcs12.load_pkcs12(dados, segredo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ChaveInvalida(
            "não se pôde abrir a chave: a senha está errada, ou o arquivo não é PKCS#12 nem um PEM"
            " com chave e certificado"
        ) from None
    achados = [conteudo.cert, *conteudo.additional_certs]
    return conteudo.key, [c.certificate for c in achados if c is not None]


def _assina(certificado: x509.Certificate) -> bool:
    try:
        usos = certificado.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usos.digital_signature
