"""Como os valores se escrevem nas páginas; o que os impressos já sabem escrever vem deles."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.impressos import formatos
from dominio.competencia import FUSO, dia

if TYPE_CHECKING:
    from datetime import date, time
    from decimal import Decimal

    from dominio.situacao import StatusProtocolo

VAZIO = "—"
"""No lugar do que não há."""


def reais(valor: Decimal | None) -> str:
    """``R$ 1.234,56``, com espaço que não quebra."""
    return VAZIO if valor is None else f"R$\N{NO-BREAK SPACE}{formatos.reais(valor)}"


def quantidade(valor: Decimal | int | None) -> str:
    """``1.234`` ou ``1,5``."""
    if valor is None:
        return VAZIO
    if isinstance(valor, int):
        return f"{valor:,}".replace(",", ".")
    return formatos.quantidade(valor)


def data(valor: date | datetime | None) -> str:
    """``31/03/2026``, em São Paulo."""
    if valor is None:
        return VAZIO
    return formatos.data(dia(valor) if isinstance(valor, datetime) else valor)


def hora(valor: time | None) -> str:
    """``14:05``."""
    return VAZIO if valor is None else formatos.hora(valor)


def instante(valor: datetime | None) -> str:
    """``31/03/2026 14:05``, em São Paulo."""
    if valor is None:
        return VAZIO
    local = valor.astimezone(FUSO)
    return f"{formatos.data(local.date())} {formatos.hora(local.time())}"


def competencia(valor: str | None) -> str:
    """``03/2026``."""
    return VAZIO if valor is None else formatos.competencia(valor)


def cadastro(valor: str | None) -> str:
    """Um CNPJ ou CPF com a sua pontuação."""
    return formatos.cadastro(valor) or VAZIO


def registro_ans(valor: str) -> str:
    """``41942-7``, como a ANS escreve o registro."""
    return f"{valor[:-1]}-{valor[-1]}"


def sim_ou_nao(valor: bool) -> str:
    """``sim`` ou ``não``."""
    return "sim" if valor else "não"


def porcento(valor: Decimal | None) -> str:
    """``12,5 %``, de uma fração."""
    if valor is None:
        return VAZIO
    return f"{valor * 100:.1f}".replace(".", ",") + "\N{NO-BREAK SPACE}%"


def situacao(status: StatusProtocolo) -> str:
    """O nome de uma situação."""
    return status.texto


def tipo_guia(valor: str | None) -> str:
    """``SP/SADT``."""
    return rotulos.tipo_guia(valor) or VAZIO
