"""O que se sabe de uma assinatura íntegra."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509
    from lxml import etree

    from mensagem.assinatura.motivos import Motivo


class Grafia(StrEnum):
    """Como o elemento da assinatura se chama na mensagem.

    O contrato pede ``ans:Signature`` (em três respostas, ``ans:Signatures``) nos web services e
    ``ds:Signature`` em ``mensagemTISS``; quem assina troca uma pela outra, e todas se aceitam.
    """

    ANS_SIGNATURE = "ans:Signature"
    ANS_SIGNATURES = "ans:Signatures"
    DS_SIGNATURE = "ds:Signature"
    DA_GUIA = "ans:assinaturaDigitalGuia"
    DO_DOCUMENTO = "ans:assinaturaDigital"


class Xades(NamedTuple):
    """Propriedades assinadas do XAdES.

    Attributes:
        assinada_em: ``SigningTime``, como quem assinou o disse; ``None`` se falta.
        politica: OID da política (AD-RB: 2.16.76.1.7.1.6.2.*), só algarismos e pontos; ``None``
            se falta ou é implícita.
        nomeia_certificado: se traz ``SigningCertificate`` ou ``SigningCertificateV2``.
    """

    assinada_em: datetime | None
    politica: str | None
    nomeia_certificado: bool


@dataclass(frozen=True, slots=True)
class Verificada:
    """Uma assinatura íntegra: o conteúdo é o que a chave do certificado assinou.

    Não diz se o certificado merece confiança: cadeia, validade, revogação e titular são de quem
    conhece as âncoras.

    Attributes:
        lida: a árvore de que se leem os dados, já sem a assinatura; é só o que foi assinado.
        grafia: nome do elemento encontrado.
        algoritmo: da assinatura, como ``RSA-SHA256``.
        digest: do conteúdo, como ``SHA-256``.
        canonicalizacao: do conteúdo, como ``exclusiva``.
        certificado: o que assinou.
        certificados_enviados: todos os de KeyInfo, na ordem, com o que assinou.
        xades: propriedades assinadas, ou ``None``.
        sha1: se a assinatura ou algum resumo usa SHA-1.
    """

    lida: etree._Element
    grafia: Grafia
    algoritmo: str
    digest: str
    canonicalizacao: str
    certificado: x509.Certificate
    certificados_enviados: tuple[x509.Certificate, ...]
    xades: Xades | None
    sha1: bool


class AssinaturaDeGuia(NamedTuple):
    """O veredito da assinatura própria de uma guia ou documento.

    Attributes:
        posicao: da guia entre as assinadas da mensagem, a partir de 1.
        numero: ``numeroGuiaPrestador``, quando há.
        verificada: o que se sabe da assinatura íntegra; ``None`` se não vale.
        motivo: por que não vale; ``None`` se vale.
    """

    posicao: int
    numero: str | None
    verificada: Verificada | None
    motivo: Motivo | None
