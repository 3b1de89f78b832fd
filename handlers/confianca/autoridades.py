"""As autoridades em que uma operadora confia: pôr as de um maço, tirar uma."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mensagem.certificados import e_autoassinado, e_autoridade, e_raiz_brasileira, impressao
from mensagem.certificados.leitura import der, nome_comum
from persistence import confianca
from persistence.confianca import CertificadoGuardado

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography import x509
    from sqlalchemy import Connection


class ConfiancaRecusada(Exception):
    """O que se pediu não se faz; o texto diz por quê e o que fazer."""


class SemRaiz(ConfiancaRecusada):
    """Pediram-se âncoras, e não há raiz entre os certificados."""


class Postas(NamedTuple):
    """O que um maço trouxe.

    Attributes:
        novas: as que antes não se tinham, ou mudaram de tipo.
        ja_tinha: quantas já se tinham assim.
        ignorados: quantos certificados não são de autoridade, ou venceram.
    """

    novas: tuple[CertificadoGuardado, ...]
    ja_tinha: int
    ignorados: int


def acrescentar(
    conn: Connection,
    operadora_id: int,
    certificados: Iterable[x509.Certificate],
    agora: datetime,
    *,
    ancora: bool,
) -> Postas:
    """Passa a confiar nas autoridades de um maço.

    Da ICP-Brasil as raízes viram âncoras e as demais, intermediárias.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é a confiança.
        certificados: os do maço.
        agora: instante em UTC.
        ancora: se também as raízes de outras ICP viram âncoras.

    Raises:
        ConfiancaRecusada: nenhum é de uma autoridade na validade.
        SemRaiz: com ``ancora``, nenhum é uma raiz.
    """
    achados = list({impressao(c): c for c in certificados}.values())
    boas = [c for c in achados if e_autoridade(c) and c.not_valid_after_utc > agora]
    if not boas:
        raise ConfiancaRecusada("nenhum dos certificados é de uma autoridade na validade")
    e_raiz = e_autoassinado if ancora else e_raiz_brasileira
    if ancora and not any(map(e_raiz, boas)):
        raise SemRaiz("não há raiz (certificado autoassinado) nos arquivos")
    postas = [_guardado(operadora_id, c, ancora=e_raiz(c)) for c in boas]
    novas = tuple(posta for posta in postas if confianca.guardar(conn, posta))
    return Postas(novas, len(boas) - len(novas), len(achados) - len(boas))


def retirar(conn: Connection, operadora_id: int, digital: str) -> str:
    """Deixa de confiar num certificado.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é a confiança.
        digital: impressão digital, com ou sem dois-pontos.

    Returns:
        A impressão digital como se guarda.

    Raises:
        ConfiancaRecusada: não está entre os seus, ou é a última âncora e há quem exija assinatura.
    """
    limpa = digital.replace(":", "").lower()
    ficam = [c for c in confianca.certificados(conn, operadora_id) if c.impressao != limpa]
    if not any(c.tipo == "ancora" for c in ficam) and confianca.exigentes(conn, operadora_id):
        raise ConfiancaRecusada(
            "é a última âncora, e há quem exija assinatura; antes mude a política da operadora ou"
            " do prestador que a exige"
        )
    if not confianca.retirar(conn, operadora_id, limpa):
        raise ConfiancaRecusada("não há certificado com essa impressão digital entre os guardados")
    return limpa


def _guardado(
    operadora_id: int, certificado: x509.Certificate, *, ancora: bool
) -> CertificadoGuardado:
    return CertificadoGuardado(
        operadora_id,
        "ancora" if ancora else "intermediaria",
        impressao(certificado),
        nome_comum(certificado.subject),
        certificado.not_valid_before_utc,
        certificado.not_valid_after_utc,
        der(certificado),
    )
