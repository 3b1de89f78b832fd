"""Números de protocolo: só dígitos, comparados como números."""

from __future__ import annotations

INICIO_DA_SERIE = 10_000_001
"""Primeiro protocolo de uma operadora que não escolheu outro começo."""

MAIOR_PROTOCOLO = 10**12 - 1
"""O padrão dá 12 posições ao número, em alguns lugares como inteiro."""


def protocolo(digitado: str) -> int | None:
    """Lê um número de protocolo; zeros à esquerda não contam.

    Returns:
        O número, ou ``None`` se o texto não é um número de protocolo que se possa ter emitido.
    """
    digitos = digitado.strip()
    if not digitos.isascii() or not digitos.isdigit() or len(digitos) > 12:
        return None
    return int(digitos)


def formatar(numero: int, largura: int = 0) -> str:
    """Número como texto, completado com zeros até ``largura`` quando a operadora os usa."""
    return str(numero).zfill(largura)
