"""O número que a operadora dá a uma guia que não o traz: um padrão com uma sequência.

O padrão é um texto com ``{AAAAMM}``, o mês em que a guia chegou, se se quer, e ``{8}``, a
sequência com tantos algarismos. ``0001{AAAAMM}{8}`` dá números como ``000120240700002890``.
"""

from __future__ import annotations

import re

MAIOR_NUMERO = 20
"""Caracteres de ``numeroGuiaOperadora``."""

_MES = "{AAAAMM}"
_SEQUENCIA = re.compile(r"\{([0-9]{1,2})\}")
_LITERAL = re.compile(r"[A-Za-z0-9]*")


def conferir(padrao: str) -> str:
    """O padrão, se serve.

    Raises:
        ValueError: não tem uma só sequência, tem outros caracteres, ou dá números que não cabem.
    """
    achadas = _SEQUENCIA.findall(padrao)
    if len(achadas) != 1 or not 1 <= int(achadas[0]) <= MAIOR_NUMERO:
        raise ValueError("deve ter uma só sequência, como {8}")
    if padrao.count(_MES) > 1:
        raise ValueError("só pode ter {AAAAMM} uma vez")
    resto = _SEQUENCIA.sub("", padrao).replace(_MES, "")
    if _LITERAL.fullmatch(resto) is None:
        raise ValueError("fora de {AAAAMM} e da sequência só pode ter letras sem acento e números")
    if len(numero(padrao, 0, "000000")) > MAIOR_NUMERO:
        raise ValueError(f"dá números de mais de {MAIOR_NUMERO} caracteres")
    return padrao


def numero(padrao: str, sequencia: int, competencia: str) -> str:
    """O número de uma guia.

    Args:
        padrao: já conferido.
        sequencia: da operadora.
        competencia: ``AAAAMM`` em que a guia chegou.
    """

    def escrever(achado: re.Match[str]) -> str:
        return str(sequencia).zfill(int(achado[1]))

    return _SEQUENCIA.sub(escrever, padrao.replace(_MES, competencia))
