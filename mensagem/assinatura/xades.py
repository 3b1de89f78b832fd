"""As propriedades assinadas do XAdES, na forma que a política AD-RB pede (DOC-ICP-15.03)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from mensagem.assinatura import algoritmos
from mensagem.assinatura.algoritmos import NS_DS
from mensagem.assinatura.forma import base64, ids
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo
from mensagem.assinatura.valores import Xades
from mensagem.certificados.leitura import der

if TYPE_CHECKING:
    from cryptography import x509
    from lxml import etree

    from mensagem.assinatura.algoritmos import Digest
    from mensagem.assinatura.forma import Forma

NS_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_X = f"{{{NS_XADES}}}"
_D = f"{{{NS_DS}}}"
_QUALIFICADORAS = f"{_X}QualifyingProperties"
_ASSINADAS = f"{_X}SignedProperties"
_DA_ASSINATURA = f"{_X}SignedSignatureProperties"
_POLITICA = f"{_X}SignaturePolicyIdentifier/{_X}SignaturePolicyId/{_X}SigPolicyId/{_X}Identifier"
_NOMEADOS = 10
"""Certificados que se nomeiam: o de quem assinou e, quando muito, a sua cadeia."""
_OID = re.compile(r"(?:urn:oid:)?([0-2](?:\.\d{1,18}){1,24})", re.IGNORECASE)
_INSTANTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_BRASILIA = ZoneInfo("America/Sao_Paulo")


class Nomeado(NamedTuple):
    """Um certificado que as propriedades nomeiam: resumo e, na forma antiga, número de série."""

    digest: Digest
    valor: bytes
    serie: int | None

    def e(self, certificado: x509.Certificate) -> bool:
        """Diz se é este certificado."""
        if self.serie is not None and self.serie != certificado.serial_number:
            return False
        return self.digest.calcular(der(certificado)) == self.valor


class Propriedades(NamedTuple):
    """As propriedades de uma assinatura.

    Attributes:
        elemento: ``SignedProperties``, que a assinatura tem de cobrir.
        nomeados: os certificados que nomeiam; vazio se não nomeiam nenhum.
        xades: o que se guarda.
    """

    elemento: etree._Element
    nomeados: tuple[Nomeado, ...]
    xades: Xades

    @property
    def sha1(self) -> bool:
        """Se algum certificado é nomeado por SHA-1."""
        return any(n.digest.sha1 for n in self.nomeados)


def ler(assinatura: etree._Element, forma: Forma, *, aceitar_sha1: bool) -> Propriedades | None:
    """As propriedades da assinatura, ou ``None`` se não tem.

    Raises:
        AssinaturaInvalida: um Object que não é de propriedades, propriedades que a assinatura não
            cobre ou que são de outra, ou forma que não é a do padrão.
    """
    elemento = _assinadas(assinatura, forma)
    referencia = forma.propriedades
    if elemento is None:
        if referencia is not None:
            raise AssinaturaInvalida(Motivo.PROPRIEDADES_DE_OUTRA)
        return None
    if referencia is None:
        raise AssinaturaInvalida(Motivo.XADES_NAO_ASSINADO)
    identificador = elemento.get("Id")
    if not identificador or referencia.uri != f"#{identificador}":
        raise AssinaturaInvalida(Motivo.PROPRIEDADES_DE_OUTRA)
    if len(ids(assinatura, identificador)) != 1:
        raise AssinaturaInvalida(Motivo.ID_REPETIDO)
    grupos = list(elemento.iterchildren(_DA_ASSINATURA))
    if len(grupos) != 1:
        raise AssinaturaInvalida(Motivo.XADES_FORMA)
    nomeados = _nomeados(grupos[0], aceitar_sha1=aceitar_sha1)
    achado = Xades(_instante(grupos[0]), _politica(grupos[0]), bool(nomeados))
    return Propriedades(elemento, nomeados, achado)


def _assinadas(assinatura: etree._Element, forma: Forma) -> etree._Element | None:
    if not forma.objetos:
        return None
    filhos = [filho for objeto in forma.objetos for filho in objeto]
    if len(forma.objetos) > 1 or len(filhos) != 1 or filhos[0].tag != _QUALIFICADORAS:
        raise AssinaturaInvalida(Motivo.OBJETO)
    alvo, identificador = filhos[0].get("Target"), assinatura.get("Id")
    if identificador is not None and alvo != f"#{identificador}":
        raise AssinaturaInvalida(Motivo.PROPRIEDADES_DE_OUTRA)
    assinadas = list(filhos[0].iterchildren(_ASSINADAS))
    if len(assinadas) != 1:
        raise AssinaturaInvalida(Motivo.XADES_FORMA)
    return assinadas[0]


def _nomeados(grupo: etree._Element, *, aceitar_sha1: bool) -> tuple[Nomeado, ...]:
    listas = [
        lista
        for nome in ("SigningCertificate", "SigningCertificateV2")
        for lista in grupo.iterchildren(_X + nome)
    ]
    certs = [cert for lista in listas for cert in lista.iterchildren(f"{_X}Cert")]
    if listas and not certs:
        raise AssinaturaInvalida(Motivo.XADES_FORMA)
    if len(certs) > _NOMEADOS:
        # cada um se compara com cada certificado enviado
        raise AssinaturaInvalida(Motivo.CERTIFICADOS_DEMAIS)
    return tuple(_nomeado(cert, aceitar_sha1=aceitar_sha1) for cert in certs)


def _nomeado(cert: etree._Element, *, aceitar_sha1: bool) -> Nomeado:
    metodo = cert.find(f"{_X}CertDigest/{_D}DigestMethod")
    valor = cert.find(f"{_X}CertDigest/{_D}DigestValue")
    if metodo is None or valor is None:
        raise AssinaturaInvalida(Motivo.XADES_FORMA)
    serie = cert.findtext(f"{_X}IssuerSerial/{_D}X509SerialNumber")
    if serie is not None and (len(serie) > 64 or not serie.strip().isdecimal()):
        raise AssinaturaInvalida(Motivo.XADES_FORMA)
    return Nomeado(
        algoritmos.digest(metodo.get("Algorithm"), aceitar_sha1=aceitar_sha1),
        base64(valor),
        None if serie is None else int(serie),
    )


def _instante(grupo: etree._Element) -> datetime | None:
    texto = grupo.findtext(f"{_X}SigningTime")
    if texto is None:
        return None
    try:
        if not _INSTANTE.fullmatch(texto.strip()):
            raise ValueError
        instante = datetime.fromisoformat(texto.strip())
    except ValueError:
        raise AssinaturaInvalida(Motivo.XADES_FORMA) from None
    return instante if instante.tzinfo else instante.replace(tzinfo=_BRASILIA)


def _politica(grupo: etree._Element) -> str | None:
    achado = _OID.fullmatch((grupo.findtext(_POLITICA) or "").strip())
    return achado[1] if achado else None
