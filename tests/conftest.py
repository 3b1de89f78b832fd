from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration import banco_de_teste

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[banco_de_teste.Postgres]:
    """Um servidor PostgreSQL só desta sessão de testes."""
    try:
        servidor = banco_de_teste.abrir()
    except banco_de_teste.SemPostgres as motivo:
        pytest.skip(str(motivo))
    try:
        yield servidor
    finally:
        servidor.encerrar()
