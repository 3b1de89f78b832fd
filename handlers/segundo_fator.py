"""O segundo fator de quem trabalha na operadora: códigos de um aplicativo (RFC 6238).

Cada código serve uma vez. Quem perde o aparelho entra com um dos códigos de recuperação, que
também servem uma vez; guarda-se só o seu resumo.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import pyotp

from persistence import segundos_fatores, senhas_de_pessoas, sessoes, tabelas

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.operadoras import Operadora
    from persistence.usuarios import Usuario

CODIGOS = 10
"""Códigos de recuperação que se dão de uma vez."""

_INTERVALO = 30
_RECUPERACAO_BYTES = 10
_FOLGA = 1
"""Intervalos de relógio atrasado ou adiantado que se aceitam."""


def preparar(conn: Connection, usuario: Usuario) -> str:
    """Sorteia um segredo que passa a valer quando se confirmar, e o dá em base32."""
    segredo = pyotp.random_base32()
    segundos_fatores.preparar(conn, usuario.id, segredo)
    return segredo


def pendente(conn: Connection, usuario: Usuario) -> str | None:
    """O segredo que ainda não se confirmou."""
    fator = segundos_fatores.ler(conn, usuario.id)
    return None if fator is None or fator.ativado_em is not None else fator.segredo


def endereco(usuario: Usuario, operadora: Operadora, segredo: str) -> str:
    """O ``otpauth://`` que o aplicativo lê num código QR."""
    return pyotp.TOTP(segredo).provisioning_uri(
        name=usuario.email, issuer_name=f"TISS {operadora.nome}"
    )


def ativar(conn: Connection, usuario: Usuario, codigo: str, agora: datetime) -> list[str] | None:
    """Confirma o segredo pendente com um código dele.

    Returns:
        Os códigos de recuperação, que não se mostram de novo; ``None`` se o código não confere.
    """
    # quem está a entrar sem ele ou já tem a sessão, que acaba a seguir, ou vai ver que o há
    senhas_de_pessoas.trancar(conn, tabelas.usuario, usuario.id)
    fator = segundos_fatores.ler(conn, usuario.id)
    if fator is None or fator.ativado_em is not None:
        return None
    passo = _passo(fator.segredo, codigo, agora, depois_de=0)
    if passo is None:
        return None
    codigos = [_sortear() for _ in range(CODIGOS)]
    segundos_fatores.ativar(conn, usuario.id, agora, passo, [_resumo(c) for c in codigos])
    return codigos


def conferir(conn: Connection, usuario: Usuario, codigo: str, agora: datetime) -> bool:
    """Se um código do aplicativo ou de recuperação serve; o que serve gasta-se."""
    fator = segundos_fatores.ler(conn, usuario.id)
    if fator is None or fator.ativado_em is None:
        return False
    passo = _passo(fator.segredo, codigo, agora, depois_de=fator.ultimo_passo)
    if passo is not None:
        segundos_fatores.anotar_passo(conn, usuario.id, passo)
        return True
    resumo = _resumo(codigo)
    if resumo in fator.recuperacao:
        segundos_fatores.gastar(conn, fator, resumo)
        return True
    return False


def desligar(conn: Connection, usuario: Usuario) -> bool:
    """Tira o segundo fator e acaba com as sessões da pessoa; diz se o havia."""
    havia = segundos_fatores.apagar(conn, usuario.id)
    if havia:
        sessoes.encerrar_todas(conn, usuario_id=usuario.id)
    return havia


def _passo(segredo: str, codigo: str, agora: datetime, *, depois_de: int) -> int | None:
    """O intervalo de que é um código que ainda não se usou."""
    limpo = "".join(codigo.split())
    totp = pyotp.TOTP(segredo, interval=_INTERVALO)
    atual = int(agora.timestamp()) // _INTERVALO
    for passo in range(atual - _FOLGA, atual + _FOLGA + 1):
        certo = totp.at(passo * _INTERVALO)
        if passo > depois_de and hmac.compare_digest(certo.encode(), limpo.encode()):
            return passo
    return None


def _sortear() -> str:
    texto = base64.b32encode(secrets.token_bytes(_RECUPERACAO_BYTES)).decode().lower()
    return "-".join(texto[i : i + 4] for i in range(0, len(texto), 4))


def _resumo(codigo: str) -> str:
    limpo = "".join(c for c in codigo.lower() if c.isalnum())
    return hashlib.sha256(limpo.encode()).hexdigest()
