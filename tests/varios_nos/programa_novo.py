"""Faz deste programa o da versão seguinte, com uma migração que acrescenta e outra que espera."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from persistence import esquema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACRESCENTA, ESPERA = "9001", "9002"
_MIGRACAO = '''"""De teste."""
import sqlalchemy as sa
from alembic import op
revision = "{revisao}"
down_revision = "{anterior}"
branch_labels = None
depends_on = None
{marca}

def upgrade() -> None:
    op.add_column("protocolo", sa.Column("c{revisao}", sa.Text()))
'''


@contextmanager
def programa_novo(pasta: Path) -> Iterator[None]:
    """Enquanto o bloco corre, ``persistence.esquema`` tem as duas migrações a mais.

    Args:
        pasta: onde ficam; a mesma pasta serve outra vez.
    """
    migracoes, de_antes = pasta / "migracoes", esquema._PASTA
    if not migracoes.exists():
        shutil.copytree(de_antes, migracoes, ignore=shutil.ignore_patterns("__pycache__"))
        passos = ((ACRESCENTA, esquema._esperado(), ""), (ESPERA, ACRESCENTA, "so_depois = True"))
        for revisao, anterior, marca in passos:
            texto = _MIGRACAO.format(revisao=revisao, anterior=anterior, marca=marca)
            (migracoes / "versoes" / f"v{revisao}_teste.py").write_text(texto, "utf-8")
    _usar(migracoes)
    try:
        yield
    finally:
        _usar(de_antes)


def _usar(pasta: Path) -> None:
    esquema._PASTA = pasta
    for guardado in (esquema._pasta, esquema._conhecidas, esquema._esperado):
        guardado.cache_clear()
