"""A cadeia de um certificado até uma âncora: nomes, assinaturas, validade, usos e alcance.

Segue a validação de caminhos da RFC 5280, secção 6.1, no que a ICP-Brasil usa. Uma extensão
crítica que não se conhece recusa o caminho. Um intermediário vem da loja ou da própria mensagem;
uma âncora, só da loja.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

_MAIOR_CADEIA = 6
"""Certificados de uma cadeia, folha e âncora incluídas; na ICP-Brasil são três ou quatro."""
_TENTATIVAS = 64
"""Emissores que se experimentam por folha: uma mensagem hostil traz muitos de mesmo nome."""
_GUARDADAS = 512
"""Assinaturas de certificados já conferidas que cada processo guarda."""
_RSA_MINIMO = 2048
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_FINALIDADES = frozenset(
    {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        # documentSigning, a da RFC 9336 e a que veio antes dela
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),
    }
)
"""As de quem assina ou se identifica; um certificado só de servidor, ou de carimbo, não serve."""
_CONHECIDAS = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    }
)
"""Extensões que podem ser críticas sem recusar o caminho."""


class Motivo(StrEnum):
    """Por que um certificado não tem cadeia que se aceite."""

    SEM_ANCORA = "sem-ancora"
    SEM_USO = "sem-uso-de-assinatura"
    OUTRA_FINALIDADE = "outra-finalidade"
    VENCIDO = "vencido"
    AINDA_NAO_VALE = "ainda-nao-vale"
    AC_VENCIDA = "autoridade-fora-da-validade"
    AC_INVALIDA = "autoridade-nao-pode-emitir"
    EXTENSAO = "extensao-critica-desconhecida"
    FRACA = "chave-ou-algoritmo-fraco"


_TEXTOS = {
    Motivo.SEM_ANCORA: "O certificado não leva a uma autoridade em que a operadora confia.",
    Motivo.SEM_USO: "O certificado não é de assinatura: falta o uso digitalSignature.",
    Motivo.OUTRA_FINALIDADE: (
        "O certificado é de outra finalidade, como a de um servidor, e não serve para assinar."
    ),
    Motivo.VENCIDO: "O certificado venceu.",
    Motivo.AINDA_NAO_VALE: "O certificado ainda não entrou em validade.",
    Motivo.AC_VENCIDA: "Uma autoridade da cadeia está fora da validade.",
    Motivo.AC_INVALIDA: "Um certificado da cadeia não é de autoridade que possa emitir.",
    Motivo.EXTENSAO: "Um certificado da cadeia tem uma extensão crítica que não se conhece.",
    Motivo.FRACA: "Um certificado da cadeia usa chave curta ou algoritmo que já não se aceita.",
}
_ORDEM = list(Motivo)


class CadeiaInvalida(Exception):
    """Não há caminho aceitável da folha a uma âncora.

    Attributes:
        motivo: o do caminho que chegou mais longe.
        texto: em português, sem valores da mensagem.
    """

    def __init__(self, motivo: Motivo) -> None:
        super().__init__(motivo)
        self.motivo = motivo
        self.texto = _TEXTOS[motivo]


class Cadeia(NamedTuple):
    """Um caminho aceito.

    Attributes:
        certificados: da folha à âncora.
        nao_repudio: se a folha tem também o uso nonRepudiation, que a ICP-Brasil põe em todas.
    """

    certificados: tuple[x509.Certificate, ...]
    nao_repudio: bool


class Loja:
    """As âncoras e os intermediários de uma operadora; não muda depois de feita.

    Args:
        ancoras: em que se confia sem mais prova.
        intermediarias: autoridades que ajudam a chegar a uma âncora.
    """

    def __init__(
        self,
        ancoras: Iterable[x509.Certificate],
        intermediarias: Iterable[x509.Certificate] = (),
    ) -> None:
        self._ancoras = _por_nome(ancoras)
        self._intermediarias = _por_nome(intermediarias)

    @property
    def vazia(self) -> bool:
        """Se não há âncora alguma, e portanto nenhuma cadeia se pode conferir."""
        return not self._ancoras

    def cadeia(
        self, folha: x509.Certificate, enviados: Sequence[x509.Certificate], em: datetime
    ) -> Cadeia:
        """O caminho da folha a uma âncora, num instante em UTC.

        Args:
            folha: o certificado que assinou.
            enviados: os que vieram com ele, que podem servir de intermediários.
            em: instante em que tudo tem de valer.

        Raises:
            CadeiaInvalida: com o motivo do caminho que chegou mais perto.
        """
        nao_repudio = _conferir_folha(folha)
        da_mensagem = _por_nome(enviados)
        melhor: Motivo | None = None
        for caminho in self._caminhos((folha,), da_mensagem, [_TENTATIVAS]):
            falha = _falha(caminho, em)
            if falha is None:
                return Cadeia(caminho, nao_repudio)
            if melhor is None or _ORDEM.index(falha) < _ORDEM.index(melhor):
                melhor = falha
        raise CadeiaInvalida(melhor or Motivo.SEM_ANCORA)

    def _caminhos(
        self,
        feito: tuple[x509.Certificate, ...],
        da_mensagem: dict[bytes, list[x509.Certificate]],
        restam: list[int],
    ) -> Iterator[tuple[x509.Certificate, ...]]:
        """Todos os caminhos de assinaturas até uma âncora, os mais curtos antes."""
        atual = feito[-1]
        if len(feito) == 1 and _esta(atual, self._ancoras):
            yield feito
        nome = atual.issuer.public_bytes()
        for ancora in self._ancoras.get(nome, ()):
            if ancora not in feito and _tentar(restam) and _emitiu(ancora, atual):
                yield (*feito, ancora)
        if len(feito) + 1 >= _MAIOR_CADEIA:
            return
        for emissor in (*self._intermediarias.get(nome, ()), *da_mensagem.get(nome, ())):
            if emissor not in feito and _tentar(restam) and _emitiu(emissor, atual):
                yield from self._caminhos((*feito, emissor), da_mensagem, restam)


def _por_nome(certificados: Iterable[x509.Certificate]) -> dict[bytes, list[x509.Certificate]]:
    grupos: dict[bytes, list[x509.Certificate]] = {}
    for certificado in certificados:
        grupo = grupos.setdefault(certificado.subject.public_bytes(), [])
        if certificado not in grupo:
            grupo.append(certificado)
    return grupos


def _esta(certificado: x509.Certificate, grupos: dict[bytes, list[x509.Certificate]]) -> bool:
    return certificado in grupos.get(certificado.subject.public_bytes(), ())


def _tentar(restam: list[int]) -> bool:
    restam[0] -= 1
    return restam[0] >= 0


@lru_cache(maxsize=_GUARDADAS)
def _emitiu(emissor: x509.Certificate, emitido: x509.Certificate) -> bool:
    try:
        emitido.verify_directly_issued_by(emissor)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _conferir_folha(folha: x509.Certificate) -> bool:
    usos = _usos(folha)
    if usos is None or not usos.digital_signature:
        raise CadeiaInvalida(Motivo.SEM_USO)
    if not _serve_a_quem_assina(folha):
        raise CadeiaInvalida(Motivo.OUTRA_FINALIDADE)
    return usos.content_commitment


def _serve_a_quem_assina(folha: x509.Certificate) -> bool:
    """Se a finalidade, quando é dita, é de assinar (RFC 5280, 4.2.1.12)."""
    try:
        ditas = folha.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return any(finalidade in _FINALIDADES for finalidade in ditas)


def _falha(caminho: Sequence[x509.Certificate], em: datetime) -> Motivo | None:
    """O que impede um caminho de ser aceito; a âncora só precisa de estar na validade."""
    folha, *autoridades = caminho
    if em < folha.not_valid_before_utc:
        return Motivo.AINDA_NAO_VALE
    if em > folha.not_valid_after_utc:
        return Motivo.VENCIDO
    if not all(a.not_valid_before_utc <= em <= a.not_valid_after_utc for a in autoridades):
        return Motivo.AC_VENCIDA
    conferir = caminho if len(caminho) == 1 else caminho[:-1]
    restantes = (
        (Motivo.AC_INVALIDA, _todas_podem_emitir(autoridades)),
        (Motivo.EXTENSAO, all(_extensoes_conhecidas(c) for c in conferir)),
        (Motivo.FRACA, all(_forte(c) for c in conferir)),
    )
    return next((motivo for motivo, certo in restantes if not certo), None)


def _todas_podem_emitir(autoridades: Sequence[x509.Certificate]) -> bool:
    return all(
        _pode_emitir(autoridade, _nao_autoemitidas(autoridades[:abaixo]))
        for abaixo, autoridade in enumerate(autoridades)
    )


def _nao_autoemitidas(autoridades: Sequence[x509.Certificate]) -> int:
    """Quantas contam no alcance: uma autoridade que troca de chave não conta (RFC 5280)."""
    return sum(1 for a in autoridades if a.subject != a.issuer)


def _pode_emitir(autoridade: x509.Certificate, abaixo: int) -> bool:
    try:
        restricoes = autoridade.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    usos = _usos(autoridade)
    if not restricoes.ca or (usos is not None and not usos.key_cert_sign):
        return False
    return restricoes.path_length is None or abaixo <= restricoes.path_length


def _usos(certificado: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificado.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _extensoes_conhecidas(certificado: x509.Certificate) -> bool:
    try:
        return all(e.oid in _CONHECIDAS for e in certificado.extensions if e.critical)
    except (x509.DuplicateExtension, ValueError):
        return False


def _forte(certificado: x509.Certificate) -> bool:
    try:
        algoritmo = certificado.signature_hash_algorithm
        chave = certificado.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return False
    if not isinstance(algoritmo, _HASHES):
        return False
    if isinstance(chave, rsa.RSAPublicKey):
        return chave.key_size >= _RSA_MINIMO
    return isinstance(chave, ec.EllipticCurvePublicKey)
