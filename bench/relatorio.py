"""Os resultados como tabela de texto, Markdown ou JSON."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.medicao import Resultado

_TITULOS = (
    "banco", "processos", "mensagem", "gateway ms", "piso ms", "razão", "alvo",
    "gateway msg/s", "piso msg/s", "p50 ms", "p99 ms", "pico MiB",
)  # fmt: skip
_PACOTES = ("lxml", "spyne", "uvicorn", "uvloop", "sqlalchemy", "psycopg")


def tabela(resultados: Sequence[Resultado]) -> str:
    """Tabela de largura fixa, para o terminal."""
    linhas = [list(_TITULOS), *(_celulas(r) for r in resultados)]
    larguras = [max(len(linha[c]) for linha in linhas) for c in range(len(_TITULOS))]
    return "\n".join(
        "  ".join(
            celula.ljust(largura) if coluna in (0, 2) else celula.rjust(largura)
            for coluna, (celula, largura) in enumerate(zip(linha, larguras, strict=True))
        ).rstrip()
        for linha in linhas
    )


def markdown(resultados: Sequence[Resultado]) -> str:
    """A mesma tabela em Markdown."""
    alinhamento = [":--" if c in (0, 2) else "--:" for c in range(len(_TITULOS))]
    linhas = [list(_TITULOS), alinhamento, *(_celulas(r) for r in resultados)]
    return "\n".join(f"| {' | '.join(linha)} |" for linha in linhas)


def _celulas(r: Resultado) -> list[str]:
    return [
        r.banco,
        str(r.processos),
        r.titulo,
        _ms(r.gateway.processador_ms),
        _ms(r.piso.processador_ms),
        f"{r.razao:.2f}",
        f"{r.alvo:g}",
        f"{r.gateway.por_segundo:.0f}",
        f"{r.piso.por_segundo:.0f}",
        _ms(r.p50_ms),
        _ms(r.p99_ms),
        f"{r.pico_mib:.0f}",
    ]


def _ms(valor: float) -> str:
    return f"{valor:.2f}" if valor < 10 else f"{valor:.1f}"


def maquina() -> dict[str, Any]:
    """O que descreve a máquina e os programas da medição."""
    return {
        "processador": _processador(),
        "nucleos": os.cpu_count(),
        "sistema": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{pacote: version(pacote) for pacote in _PACOTES},
    }


def _processador() -> str:
    informacao = Path("/proc/cpuinfo")
    if informacao.exists():
        for linha in informacao.read_text(encoding="utf-8").splitlines():
            if linha.startswith("model name"):
                return linha.partition(":")[2].strip()
    return platform.processor()


def em_json(resultados: Sequence[Resultado], parametros: dict[str, Any]) -> dict[str, Any]:
    """Tudo o que se mediu e em que condições."""
    return {
        "maquina": maquina(),
        "parametros": parametros,
        "resultados": [r.em_json() for r in resultados],
    }
