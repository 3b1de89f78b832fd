"""Competência (AAAAMM), o fuso das datas que se mostram e a leitura de datas do padrão."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

FUSO = ZoneInfo("America/Sao_Paulo")
"""Datas de respostas e telas são as de São Paulo; instantes guardam-se em UTC."""

_COMPETENCIA = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])")


def agora() -> datetime:
    """Instante atual em UTC."""
    return datetime.now(UTC)


def local(instante: datetime) -> datetime:
    """Um instante no relógio de São Paulo."""
    return instante.astimezone(FUSO)


def dia(instante: datetime) -> date:
    """Data de São Paulo em que cai um instante."""
    return local(instante).date()


def hora(instante: datetime) -> time:
    """Hora de São Paulo de um instante, sem frações."""
    return instante.astimezone(FUSO).time().replace(microsecond=0)


def competencia(data: date) -> str:
    """Competência de uma data: ``2026-11-22`` -> ``202611``."""
    return f"{data.year:04d}{data.month:02d}"


def competencia_valida(texto: str) -> bool:
    """Diz se o texto é uma competência AAAAMM."""
    return _COMPETENCIA.fullmatch(texto) is not None


def ler_data(texto: str) -> date:
    """Lê ``xs:date``; o fuso que alguns clientes põem no fim não muda o dia escrito.

    Raises:
        ValueError: se não é uma data que se possa guardar (anos além de 9999 ou negativos).
    """
    return _data(texto.strip()[:10])


def ler_hora(texto: str) -> time:
    """Lê ``xs:time`` sem fração nem fuso; ``24:00:00`` é a meia-noite.

    Raises:
        ValueError: se não é uma hora.
    """
    return _hora(texto.strip()[:8])


# só o recorte é lembrado: o texto inteiro pode ter megabytes de espaços, que o esquema aceita
@lru_cache(maxsize=4096)
def _data(texto: str) -> date:
    return date.fromisoformat(texto)


@lru_cache(maxsize=4096)
def _hora(texto: str) -> time:
    return time() if texto == "24:00:00" else time.fromisoformat(texto)
