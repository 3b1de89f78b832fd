"""Assinar: pôr na mensagem a assinatura, no lugar e com o nome que o contrato lhe dá."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import UTC
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from mensagem.assinatura import lugar
from mensagem.assinatura.algoritmos import ENVELOPED, EXCLUSIVA, INCLUSIVA, NS_DS, SHA256
from mensagem.assinatura.canonica import Canonica, avulso, canonizar, ler
from mensagem.assinatura.forma import TIPO_DAS_PROPRIEDADES
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo
from mensagem.assinatura.xades import NS_XADES

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from mensagem.assinatura.chave import ChaveDeAssinatura

C14n = Literal["exclusiva", "inclusiva"]
_D = f"{{{NS_DS}}}"
_X = f"{{{NS_XADES}}}"
_URIS: dict[C14n, str] = {"exclusiva": EXCLUSIVA, "inclusiva": INCLUSIVA}


class Politica(NamedTuple):
    """A política de assinatura que se declara (ICP-Brasil, DOC-ICP-15.03).

    Attributes:
        oid: identificador, como 2.16.76.1.7.1.6.2.4 (AD-RB 2.4).
        sha256: resumo SHA-256 do arquivo da política, publicado pelo ITI.
        endereco: de onde o arquivo se obtém; vazio para não o dizer.
    """

    oid: str
    sha256: bytes
    endereco: str = ""


class Qualificacao(NamedTuple):
    """As propriedades XAdES com que se assina.

    Attributes:
        assinada_em: ``SigningTime``.
        politica: a que se declara; sem ela a assinatura é XAdES-BES.
    """

    assinada_em: datetime
    politica: Politica | None = None


class Assinante(NamedTuple):
    """Com que chave e de que modo a operadora assina as respostas.

    Attributes:
        chave: com que se assina.
        c14n: forma canônica.
        xades: se a assinatura leva propriedades XAdES.
        politica: a que se declara; só com ``xades``.
    """

    chave: ChaveDeAssinatura
    c14n: C14n = "exclusiva"
    xades: bool = True
    politica: Politica | None = None

    def assinar(self, mensagem: etree._Element, agora: datetime) -> etree._Element:
        """Assina uma mensagem; ver :func:`assinar`.

        Args:
            mensagem: raiz do seu documento, já com o hash.
            agora: instante que a assinatura diz.
        """
        qualificacao = Qualificacao(agora, self.politica) if self.xades else None
        return assinar(mensagem, self.chave, c14n=self.c14n, xades=qualificacao)


def assinar(
    mensagem: etree._Element,
    chave: ChaveDeAssinatura,
    *,
    c14n: C14n = "exclusiva",
    xades: Qualificacao | None = None,
) -> etree._Element:
    """Assina a mensagem inteira.

    A forma exclusiva vale também depois de a mensagem ir num Envelope; a inclusiva só confere em
    quem a tira dele antes.

    Args:
        mensagem: raiz do seu documento, já com o hash; recebe a assinatura como último filho.
        chave: com que se assina.
        c14n: forma canônica de tudo.
        xades: propriedades a assinar junto; ``None`` faz um XML-DSig simples.

    Returns:
        A mesma mensagem.

    Raises:
        AssinaturaInvalida: já está assinada, ou não se deixa canonicalizar.
        ValueError: não é a raiz de um documento.
    """
    if mensagem.getparent() is not None:
        raise ValueError("só se assina uma mensagem que é a raiz do seu documento")
    if lugar.achar(mensagem) is not None:
        raise AssinaturaInvalida(Motivo.REPETIDA)
    return _assinar(mensagem, lugar.do_contrato(mensagem), chave, c14n, xades)


def _assinar(
    mensagem: etree._Element,
    nome: str,
    chave: ChaveDeAssinatura,
    c14n: C14n,
    xades: Qualificacao | None,
) -> etree._Element:
    forma = _forma(_URIS[c14n])
    resumo = SHA256.calcular(canonizar(avulso(mensagem), forma))
    identificador = f"assinatura-{secrets.token_hex(8)}"
    assinatura = etree.SubElement(mensagem, nome, nsmap={"ds": NS_DS})
    assinatura.set("Id", identificador)
    informacao = etree.SubElement(assinatura, f"{_D}SignedInfo")
    _algoritmo(informacao, "CanonicalizationMethod", _URIS[c14n])
    _algoritmo(informacao, "SignatureMethod", chave.metodo.uri)
    _referencia(informacao, "", (ENVELOPED, _URIS[c14n]), resumo)
    valor = etree.SubElement(assinatura, f"{_D}SignatureValue")
    dados = etree.SubElement(etree.SubElement(assinatura, f"{_D}KeyInfo"), f"{_D}X509Data")
    for certificado in (chave.certificado, *chave.cadeia):
        der = certificado.public_bytes(Encoding.DER)
        _folha(dados, f"{_D}X509Certificate", b64encode(der).decode())
    if xades is not None:
        propriedades = _qualificar(assinatura, identificador, chave.certificado, xades)
        alvo = propriedades.get("Id")
        resumo = SHA256.calcular(canonizar(avulso(propriedades), forma))
        da_propriedade = _referencia(informacao, f"#{alvo}", (_URIS[c14n],), resumo)
        da_propriedade.set("Type", TIPO_DAS_PROPRIEDADES)
    assinado = chave.assinar(canonizar(avulso(informacao), forma))
    valor.text = b64encode(assinado).decode()
    return mensagem


def _forma(uri: str) -> Canonica:
    return ler(etree.Element("Transform", Algorithm=uri))


def _algoritmo(pai: etree._Element, nome: str, uri: str) -> etree._Element:
    return etree.SubElement(pai, _D + nome, Algorithm=uri)


def _folha(pai: etree._Element, nome: str, texto: str) -> etree._Element:
    folha = etree.SubElement(pai, nome)
    folha.text = texto
    return folha


def _referencia(
    informacao: etree._Element, uri: str, transformacoes: tuple[str, ...], resumo: bytes
) -> etree._Element:
    referencia = etree.SubElement(informacao, f"{_D}Reference", URI=uri)
    grupo = etree.SubElement(referencia, f"{_D}Transforms")
    for transformacao in transformacoes:
        _algoritmo(grupo, "Transform", transformacao)
    _resumo(referencia, resumo)
    return referencia


def _resumo(pai: etree._Element, resumo: bytes) -> None:
    _algoritmo(pai, "DigestMethod", SHA256.uri)
    _folha(pai, f"{_D}DigestValue", b64encode(resumo).decode())


def _qualificar(
    assinatura: etree._Element,
    identificador: str,
    certificado: x509.Certificate,
    xades: Qualificacao,
) -> etree._Element:
    """Põe as propriedades XAdES na assinatura e devolve ``SignedProperties``."""
    qualificadoras = etree.SubElement(
        etree.SubElement(assinatura, f"{_D}Object"),
        f"{_X}QualifyingProperties",
        nsmap={"xades": NS_XADES},
        Target=f"#{identificador}",
    )
    assinadas = etree.SubElement(qualificadoras, f"{_X}SignedProperties")
    assinadas.set("Id", f"{identificador}-propriedades")
    grupo = etree.SubElement(assinadas, f"{_X}SignedSignatureProperties")
    instante = xades.assinada_em.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    _folha(grupo, f"{_X}SigningTime", f"{instante.isoformat()}Z")
    nomeado = etree.SubElement(etree.SubElement(grupo, f"{_X}SigningCertificate"), f"{_X}Cert")
    _resumo(
        etree.SubElement(nomeado, f"{_X}CertDigest"),
        SHA256.calcular(certificado.public_bytes(Encoding.DER)),
    )
    emissor = etree.SubElement(nomeado, f"{_X}IssuerSerial")
    _folha(emissor, f"{_D}X509IssuerName", certificado.issuer.rfc4514_string())
    _folha(emissor, f"{_D}X509SerialNumber", str(certificado.serial_number))
    if xades.politica is not None:
        _declarar(grupo, xades.politica)
    return assinadas


def _declarar(grupo: etree._Element, politica: Politica) -> None:
    declarada = etree.SubElement(
        etree.SubElement(grupo, f"{_X}SignaturePolicyIdentifier"), f"{_X}SignaturePolicyId"
    )
    nome = etree.SubElement(declarada, f"{_X}SigPolicyId")
    identificador = _folha(nome, f"{_X}Identifier", f"urn:oid:{politica.oid}")
    identificador.set("Qualifier", "OIDAsURN")
    _resumo(etree.SubElement(declarada, f"{_X}SigPolicyHash"), politica.sha256)
    if politica.endereco:
        lista = etree.SubElement(declarada, f"{_X}SigPolicyQualifiers")
        _folha(etree.SubElement(lista, f"{_X}SigPolicyQualifier"), f"{_X}SPURI", politica.endereco)
