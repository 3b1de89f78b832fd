"""Valores em reais: ``Decimal`` no programa, centavos inteiros no banco, nunca ``float``."""

from __future__ import annotations

from decimal import Decimal

_CENTAVO = Decimal("0.01")
ZERO = Decimal("0.00")
MAIOR_TOTAL = Decimal("99999999.99")
"""Maior valor de ``st_decimal10-2``, o tipo dos totais em todas as versões."""


def centavos(reais: Decimal) -> int:
    """Reais em centavos inteiros.

    Raises:
        ValueError: se há mais de duas casas significativas, que se perderiam.
    """
    inteiro = reais.scaleb(2)
    if inteiro != inteiro.to_integral_value():
        raise ValueError("valor em reais com mais de duas casas decimais")
    return int(inteiro)


def reais(centavos_: int) -> Decimal:
    """Centavos inteiros em reais, com duas casas."""
    return Decimal(centavos_).scaleb(-2).quantize(_CENTAVO)


def texto(valor: Decimal) -> str:
    """Forma das mensagens: duas casas, ponto decimal, sem separador de milhar."""
    return f"{valor:.2f}"


def cabe(valor: Decimal, digitos: int) -> bool:
    """Diz se o valor cabe num decimal de ``digitos`` dígitos ao todo, dois deles de centavos."""
    maior: int = 10**digitos
    return abs(centavos(valor)) < maior
