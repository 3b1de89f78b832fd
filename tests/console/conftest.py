from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from console.navegador import Console
from integration.conftest import banco, mesa, no_sqlite, nova_mesa, nova_url, sqlite_migrado
from integration.documento import mesa_com_deposito
from integration.recepcao import abrir_mesa

from handlers.envio_documentos import Deposito
from persistence.arquivos import Pasta
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.recepcao import Mesa

__all__ = ["banco", "mesa", "no_sqlite", "nova_mesa", "nova_url", "sqlite_migrado"]


@pytest.fixture
def mesa_em_sqlite(sqlite_migrado: Path, tmp_path: Path) -> Iterator[Mesa]:
    """Uma operadora e um prestador em SQLite, com depósito, num banco só deste teste."""
    arquivo = tmp_path / "console.db"
    shutil.copy(sqlite_migrado, arquivo)
    aberto = Banco.abrir(f"sqlite:///{arquivo}")
    yield mesa_com_deposito(aberto, tmp_path / "documentos")
    aberto.fechar()


@pytest.fixture(scope="module")
def casa(no_sqlite: Banco) -> Iterator[Console]:
    """Um console para todo um módulo."""
    with ThreadPoolExecutor(2) as executor:
        yield Console(abrir_mesa(no_sqlite), executor)


@pytest.fixture
def console(mesa_em_sqlite: Mesa, tmp_path: Path) -> Iterator[Console]:
    """O console em SQLite: o SQL é o da API, que se testa nos dois bancos."""
    deposito = Deposito(Pasta(tmp_path / "documentos"))
    with ThreadPoolExecutor(2) as executor:
        yield Console(mesa_em_sqlite, executor, deposito=deposito)


@pytest.fixture
def console_nos_dois(mesa: Mesa) -> Iterator[Console]:
    """O console em cada um dos dois bancos, para o que depende do SQL de cada um."""
    with ThreadPoolExecutor(2) as executor:
        yield Console(mesa, executor)
