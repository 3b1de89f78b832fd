"""As senhas das pessoas que entram no console: argon2id, força e as que não podem voltar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handlers.rotacao import SenhaRecusada, conferir_forca

if TYPE_CHECKING:
    from persistence.senhas_de_pessoas import Senhas

MAIOR_SENHA = 128
"""Caracteres; o resumo de uma senha sem fim custaria o que se quisesse."""

_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def verificador(senha: str) -> str:
    """Texto argon2id que se guarda de uma senha."""
    return _argon2.hash(senha)


def confere(guardado: str, senha: str) -> bool:
    """Se um texto argon2id é o desta senha."""
    try:
        return _argon2.verify(guardado, senha)
    except (VerificationError, InvalidHashError):
        return False


def conferir_nova(senha: str, guardadas: Senhas) -> None:
    """Confere uma senha que se quer criar.

    Raises:
        SenhaRecusada: é fraca, longa demais, ou uma das últimas três.
    """
    if len(senha) > MAIOR_SENHA:
        raise SenhaRecusada(f"são no máximo {MAIOR_SENHA} caracteres")
    conferir_forca(senha)
    if any(confere(usada, senha) for usada in guardadas.usadas):
        raise SenhaRecusada("é uma das três últimas; escolha outra")
