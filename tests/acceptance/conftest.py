from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import Servidor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.banco_de_teste import Postgres

FabricaDeServidor = "Callable[..., Servidor]"


@pytest.fixture(scope="session")
def sqlite_no_ar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um gateway em SQLite para toda a sessão."""
    pasta = tmp_path_factory.mktemp("gateway-sqlite")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    yield servidor
    servidor.encerrar()


@pytest.fixture(scope="session")
def postgres_no_ar(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[Servidor]:
    """Um gateway em PostgreSQL para toda a sessão, com dois processos."""
    pasta = tmp_path_factory.mktemp("gateway-postgres")
    servidor = Servidor(postgres.nova_base(), pasta).iniciar("--workers", "2")
    yield servidor
    servidor.encerrar()


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest) -> Servidor:
    """O gateway no ar, uma vez em cada banco."""
    nome = "sqlite_no_ar" if request.param == "sqlite" else "postgres_no_ar"
    servidor: Servidor = request.getfixturevalue(nome)
    return servidor


@pytest.fixture
def novo_servidor(tmp_path: pytest.TempPathFactory) -> Iterator[Callable[..., Servidor]]:
    """Fábrica de gateways só deste teste, em SQLite salvo outro banco."""
    criados: list[Servidor] = []

    def criar(url: str | None = None, **ambiente: str) -> Servidor:
        pasta = tmp_path / f"gateway{len(criados)}"  # type: ignore[operator]
        pasta.mkdir()
        servidor = Servidor(url or f"sqlite:///{pasta / 'gateway.db'}", pasta, **ambiente)
        criados.append(servidor)
        return servidor

    yield criar
    for servidor in criados:
        servidor.encerrar()
