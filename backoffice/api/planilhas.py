"""Listas em CSV como o Excel brasileiro as abre: UTF-8 com BOM, ponto e vírgula, vírgula decimal.

Uma célula de texto que começa por ``=``, ``+``, ``-``, ``@``, tabulação, retorno ou linha nova
ganha um apóstrofo na frente, para que nenhuma planilha a tome por fórmula.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.responses import Response

from dominio.competencia import FUSO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAIS_LINHAS = 20_000
"""Linhas de uma planilha; as demais vêm pelo cursor."""

TIPO = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Celula = str | int | Decimal | date | datetime | None


def planilha(titulos: Sequence[str], linhas: Iterable[Sequence[Celula]]) -> bytes:
    """Os bytes do CSV; instantes saem na hora de São Paulo."""
    saida = io.StringIO()
    escritor = csv.writer(saida, delimiter=";", lineterminator="\r\n")
    escritor.writerow(titulos)
    escritor.writerows([_celula(valor) for valor in linha] for linha in linhas)
    return saida.getvalue().encode("utf-8-sig")


def resposta(
    nome: str,
    titulos: Sequence[str],
    linhas: Iterable[Sequence[Celula]],
    cabecalhos: Mapping[str, str],
) -> Response:
    """A resposta HTTP com a planilha, a guardar como arquivo."""
    return Response(
        planilha(titulos, linhas),
        media_type=TIPO,
        headers={
            "Content-Disposition": f'attachment; filename="{nome}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **cabecalhos,
        },
    )


def _celula(valor: Celula) -> str:
    match valor:
        case None:
            return ""
        case datetime():
            return valor.astimezone(FUSO).strftime("%d/%m/%Y %H:%M:%S")
        case date():
            return valor.strftime("%d/%m/%Y")
        case Decimal():
            return str(valor).replace(".", ",")
        case int():
            return str(valor)
        case _:
            return f"'{valor}" if valor.startswith(_FORMULA) else valor
