"""Valores na forma em que se escrevem no Brasil: ``1.234,56``, ``31/03/2026``, ``14:05``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, time
    from decimal import Decimal

_TROCA = str.maketrans(",.", ".,")
_CNPJ = 14
_CPF = 11


def reais(valor: Decimal) -> str:
    """Um valor em reais, com duas casas e sem o símbolo."""
    return f"{valor:,.2f}".translate(_TROCA)


def quantidade(valor: Decimal) -> str:
    """Uma quantidade, sem zeros que não dizem nada."""
    inteiro, _, casas = f"{valor:,.4f}".partition(".")
    casas = casas.rstrip("0")
    inteiro = inteiro.translate(_TROCA)
    return f"{inteiro},{casas}" if casas else inteiro


def data(dia: date | None) -> str:
    """Uma data como ``31/03/2026``; vazia se não há."""
    return "" if dia is None else f"{dia.day:02d}/{dia.month:02d}/{dia.year:04d}"


def hora(quando: time | None) -> str:
    """Uma hora como ``14:05``; vazia se não há."""
    return "" if quando is None else f"{quando.hour:02d}:{quando.minute:02d}"


def competencia(texto: str) -> str:
    """Uma competência AAAAMM como ``03/2026``."""
    return f"{texto[4:]}/{texto[:4]}"


def cadastro(numero: str | None) -> str:
    """Um CNPJ ou um CPF com a sua pontuação; outro identificador, como está."""
    if not numero:
        return ""
    n = numero
    if len(n) == _CNPJ:
        return f"{n[:2]}.{n[2:5]}.{n[5:8]}/{n[8:12]}-{n[12:]}"
    if len(n) == _CPF:
        return f"{n[:3]}.{n[3:6]}.{n[6:9]}-{n[9:]}"
    return n


def registro_ans(numero: str) -> str:
    """Um registro ANS como as telas o mostram, ``41942-7``; nos arquivos são seis algarismos."""
    return f"{numero[:5]}-{numero[5:]}"


def codigo_e_texto(codigo: str, descricao: str | None) -> str:
    """Um código com o que ele quer dizer, se se sabe."""
    return f"{codigo} - {descricao}" if descricao else codigo
