"""Os meses em que o banco se pode partir, e as identificações que dizem de que mês são.

Um mês é o número ``AAAAMM``, em UTC. A identificação de uma mensagem começa por ``m`` e o mês, e
a chave de um lote, num banco partido, é o mês seguido de dez algarismos: quem tem uma ou outra sabe
em que parte do banco está a linha, sem data à parte.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

LETRA = "m"
"""Vem depois de todo algarismo hexadecimal: o que se identificou sem mês fica atrás."""
LOTES_POR_MES = 10**10
"""Quantas chaves de lote cabem num mês; com o mês à frente ainda são menos do que 2**53."""

_TAMANHO = 32
_DOZE = 12


def identificar(quando: datetime) -> str:
    """Uma identificação nova, que não se adivinha, para uma mensagem que chega neste instante."""
    prefixo = mensagem_desde(mes(quando))
    return prefixo + uuid.uuid4().hex[: _TAMANHO - len(prefixo)]


def mes(instante: datetime) -> int:
    """O mês de um instante."""
    em_utc = instante.astimezone(UTC)
    return em_utc.year * 100 + em_utc.month


def somar(numero: int, quantos: int) -> int:
    """O mês que vem ``quantos`` depois; negativo, antes."""
    ano, indice = divmod(numero // 100 * _DOZE + numero % 100 - 1 + quantos, _DOZE)
    return ano * 100 + indice + 1


def inicio(numero: int) -> datetime:
    """O primeiro instante de um mês."""
    return datetime(numero // 100, numero % 100, 1, tzinfo=UTC)


def mensagem_desde(numero: int) -> str:
    """A menor identificação de mensagem de um mês."""
    return f"{LETRA}{numero:06d}"


def lote_desde(numero: int) -> int:
    """A menor chave de lote de um mês."""
    return numero * LOTES_POR_MES
