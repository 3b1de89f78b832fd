"""Números que vêm como texto: só algarismos, comparados como números."""

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
    return natural(digitado.strip(), 12)


def natural(texto: str, algarismos: int = 18) -> int | None:
    """Lê um número escrito só com algarismos; zeros à esquerda não contam.

    Args:
        texto: o que veio de fora.
        algarismos: quantos se leem; dezoito ainda cabem num inteiro do banco.

    Returns:
        O número, ou ``None`` se o texto é outra coisa ou mais comprido.
    """
    if not texto.isascii() or not texto.isdigit() or len(texto) > algarismos:
        return None
    return int(texto)


def formatar(numero: int, largura: int = 0) -> str:
    """Número como texto, completado com zeros até ``largura`` quando a operadora os usa."""
    return str(numero).zfill(largura)
