"""Listas de certificados revogados (LCR, RFC 5280 secção 5): ler, conferir, percorrer."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_PEM = b"-----BEGIN X509 CRL-----"
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_MAIOR_ENDERECO = 1000
_PONTOS = 4
_GUARDADOS = 256
"""Certificados de que cada processo guarda a chave e os endereços, que não mudam."""
_CONHECIDAS_NA_LISTA = frozenset(
    {x509.IssuingDistributionPoint.oid, x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid}
)


class ListaInvalida(ValueError):
    """Não é uma lista de revogados em que se possa confiar; o texto diz por quê."""


class Lista(NamedTuple):
    """Uma lista conferida.

    Attributes:
        emitida_em: ``thisUpdate``, em UTC.
        proxima_em: ``nextUpdate``, em UTC.
        sha256: dos bytes da lista.
        tamanho: bytes.
        proprios: endereços que a própria lista diz serem os seus; ausentes se não diz nenhum, e
            então vale para todos os certificados da autoridade.
        lida: a lista inteira, que só se percorre quando é nova.
    """

    emitida_em: datetime
    proxima_em: datetime
    sha256: str
    tamanho: int
    proprios: tuple[str, ...] | None
    lida: x509.CertificateRevocationList

    @property
    def ponto(self) -> str:
        """O primeiro dos endereços próprios; vazio se a lista não diz nenhum."""
        return next(iter(self.proprios or ()), "")

    def conferir_ponto(self, enderecos: Sequence[str]) -> None:
        """Confere que a lista é a de um destes endereços.

        A autoridade que reparte as suas listas assina todas com a mesma chave: sem isto, a de uma
        parte serviria, sem o revogado, no lugar da de outra (RFC 5280, 6.3.3).

        Raises:
            ListaInvalida: a lista diz que é de outro endereço.
        """
        if self.proprios is not None and not set(self.proprios) & set(enderecos):
            raise ListaInvalida("a lista é de outro endereço da mesma autoridade")

    def revogados(self) -> Iterator[str]:
        """O número de série de cada revogado, como ``serie`` o escreve.

        Raises:
            ListaInvalida: uma entrada tem extensão crítica, como as de listas indiretas.
        """
        for revogado in self.lida:
            if any(extensao.critical for extensao in revogado.extensions):
                raise ListaInvalida("a lista tem entradas com extensão crítica")
            yield serie(revogado.serial_number)


def serie(numero: int) -> str:
    """Um número de série como se guarda: hexadecimal minúsculo, sem zeros à esquerda."""
    return f"{numero:x}"


@lru_cache(maxsize=_GUARDADOS)
def chave_do_emissor(emissor: x509.Certificate) -> str:
    """SHA-256 da chave pública de uma autoridade, em hexadecimal.

    Uma autoridade pode renovar o certificado e ter nomes iguais com chaves diferentes; o que a
    distingue, para as suas listas, é a chave.
    """
    publica = emissor.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(publica).hexdigest()


@lru_cache(maxsize=_GUARDADOS)
def pontos(certificado: x509.Certificate) -> tuple[str, ...]:
    """Os endereços HTTP em que está a lista que diz se um certificado foi revogado."""
    try:
        extensao = certificado.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()
    achados: list[str] = []
    for ponto in extensao.value:
        # uma lista só de alguns motivos, ou de outra autoridade, não responde por si
        if ponto.reasons is None and ponto.crl_issuer is None:
            achados += [e for e in _enderecos(ponto.full_name) if e not in achados]
    return tuple(achados[:_PONTOS])


def ler_lista(dados: bytes, emissor: x509.Certificate) -> Lista:
    """Lê uma lista em DER ou PEM e confere que a autoridade a assinou.

    Raises:
        ListaInvalida: não se lê, não é desta autoridade, é parcial ou indireta, ou a assinatura
            não confere.
    """
    lida = _ler(dados)
    _conferir_emissor(lida, emissor)
    proprios = _pontos_da_lista(lida)
    if lida.next_update_utc is None:
        raise ListaInvalida("a lista não diz quando sai a próxima")
    return Lista(
        lida.last_update_utc,
        lida.next_update_utc,
        hashlib.sha256(dados).hexdigest(),
        len(dados),
        proprios,
        lida,
    )


def emissor_da_lista(dados: bytes) -> bytes:
    """O nome, em DER, da autoridade que uma lista diz ser a sua; ainda sem conferir.

    Raises:
        ListaInvalida: não é uma lista de revogados.
    """
    return _ler(dados).issuer.public_bytes()


def _ler(dados: bytes) -> x509.CertificateRevocationList:
    try:
        if dados.lstrip().startswith(_PEM):
            return x509.load_pem_x509_crl(dados)
        return x509.load_der_x509_crl(dados)
    except (ValueError, UnsupportedAlgorithm):
        raise ListaInvalida("não é uma lista de revogados em DER ou PEM") from None


def _conferir_emissor(lida: x509.CertificateRevocationList, emissor: x509.Certificate) -> None:
    if lida.issuer != emissor.subject:
        raise ListaInvalida("a lista é de outra autoridade")
    try:
        usos = emissor.extensions.get_extension_for_class(x509.KeyUsage).value
        pode = usos.crl_sign
    except x509.ExtensionNotFound:
        pode = True
    except (x509.DuplicateExtension, ValueError):
        pode = False
    if not pode:
        raise ListaInvalida("a autoridade não pode assinar listas de revogados")
    try:
        forte = isinstance(lida.signature_hash_algorithm, _HASHES)
        confere = lida.is_signature_valid(emissor.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        forte = confere = False
    if not (forte and confere):
        raise ListaInvalida("a assinatura da lista não confere")


def _pontos_da_lista(lida: x509.CertificateRevocationList) -> tuple[str, ...] | None:
    """Os endereços que a lista diz serem os seus.

    Raises:
        ListaInvalida: a lista só cobre parte dos certificados, ou de outras autoridades.
    """
    try:
        extensoes = lida.extensions
    except (x509.DuplicateExtension, ValueError):
        raise ListaInvalida("as extensões da lista estão estragadas") from None
    if any(e.critical and e.oid not in _CONHECIDAS_NA_LISTA for e in extensoes):
        # a lista de diferenças (deltaCRLIndicator) é uma delas
        raise ListaInvalida("a lista tem uma extensão crítica que não se conhece")
    try:
        proprio = extensoes.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None
    parcial = (
        proprio.indirect_crl
        or proprio.only_some_reasons is not None
        or proprio.only_contains_attribute_certs
        or proprio.only_contains_ca_certs
        or proprio.only_contains_user_certs
    )
    if parcial:
        raise ListaInvalida("a lista só cobre parte dos certificados da autoridade")
    if proprio.full_name is None and proprio.relative_name is None:
        return None
    return tuple(_enderecos(proprio.full_name))


def _enderecos(nomes: list[x509.GeneralName] | None) -> list[str]:
    achados = []
    for nome in nomes or ():
        if (
            not isinstance(nome, x509.UniformResourceIdentifier)
            or len(nome.value) > _MAIOR_ENDERECO
        ):
            continue
        try:
            partes = urlsplit(nome.value)
        except ValueError:
            continue
        http = partes.scheme.lower() in ("http", "https")
        if http and partes.hostname and partes.username is None:
            achados.append(nome.value)
    return achados
