"""Com que um prestador se identifica: os seus certificados, e o que se exige dele."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mensagem.certificados import CertificadoIlegivel, impressao, ler_certificados
from persistence import acessos, credenciais
from persistence.acessos import Certificado
from persistence.erros import JaExiste

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.prestadores import Prestador

EXIGENCIAS = ("login", "certificado", "ambos")
"""Com que um prestador se pode identificar."""
MAIOR_ARQUIVO = 1_048_576
"""Bytes de um arquivo de certificado."""


class IdentificacaoRecusada(Exception):
    """O que se pediu não se faz; o texto diz por quê."""


def ler_certificado(dados: bytes, agora: datetime) -> Certificado:
    """O único certificado de um arquivo, em PEM ou DER, sem a chave.

    Args:
        dados: o arquivo.
        agora: instante em UTC, em que se dá.

    Raises:
        CertificadoIlegivel: o arquivo não tem um certificado, ou tem vários.
    """
    if len(dados) > MAIOR_ARQUIVO:
        raise CertificadoIlegivel("o arquivo é grande demais para um certificado")
    try:
        lidos = ler_certificados(dados)
    except CertificadoIlegivel:
        raise CertificadoIlegivel("o arquivo não é um certificado em PEM ou DER") from None
    if len(lidos) != 1:
        raise CertificadoIlegivel("o arquivo tem vários certificados; dê só o do prestador")
    [um] = lidos
    return Certificado(
        impressao(um),
        um.subject.rfc4514_string(),
        um.issuer.rfc4514_string(),
        um.not_valid_before_utc,
        um.not_valid_after_utc,
        agora,
    )


def dar_certificado(conn: Connection, prestador: Prestador, novo: Certificado) -> None:
    """Dá um certificado a um prestador.

    Raises:
        IdentificacaoRecusada: já venceu, ou o prestador já o tem.
    """
    if novo.vale_ate <= novo.adicionado_em:
        raise IdentificacaoRecusada("o certificado já venceu")
    try:
        acessos.adicionar_certificado(conn, prestador, novo)
    except JaExiste:
        raise IdentificacaoRecusada("o prestador já tem este certificado") from None


def tirar_certificado(conn: Connection, prestador: Prestador, sha256: str) -> bool:
    """Tira um certificado de um prestador; deixa de valer já.

    Returns:
        Se o prestador ficou sem como entrar: dele exige-se certificado, e não tem mais nenhum.

    Raises:
        IdentificacaoRecusada: o prestador não o tem.
    """
    if not acessos.remover_certificado(conn, prestador, sha256):
        raise IdentificacaoRecusada("o prestador não tem este certificado")
    exige = acessos.autenticacao(conn, prestador) != "login"
    return exige and not acessos.certificados(conn, prestador)


def exigir(conn: Connection, prestador: Prestador, exigencia: str) -> None:
    """Diz com que um prestador se identifica: uma de ``EXIGENCIAS``.

    Raises:
        IdentificacaoRecusada: falta-lhe o que se passaria a exigir.
    """
    if exigencia != "login" and not acessos.certificados(conn, prestador):
        raise IdentificacaoRecusada("o prestador não tem certificado; antes dê-lhe um")
    if exigencia == "ambos" and not any(c.ativa for c in credenciais.do_prestador(conn, prestador)):
        raise IdentificacaoRecusada("o prestador não tem login que valha; antes dê-lhe um")
    acessos.mudar_autenticacao(conn, prestador, exigencia)
