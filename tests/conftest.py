from __future__ import annotations

import gc
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from integration import banco_de_teste

from handlers import entrada, pessoas, senhas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture(scope="session")
def php() -> str:
    """O PHP com a extensão soap, onde há."""
    programa = shutil.which("php")
    if programa is None:
        pytest.skip("php-cli não está instalado")
    modulos = subprocess.run([programa, "-m"], capture_output=True, text=True, check=True).stdout
    if "soap" not in modulos.split():
        pytest.skip("a extensão php-soap não está instalada")
    return programa


_ARGON2 = tuple((modulo, modulo._argon2) for modulo in (senhas, pessoas))


@pytest.fixture(scope="session", autouse=True)
def argon2_ligeiro() -> Iterator[None]:
    """Argon2 com o menor custo que há: o custo é de quem adivinha senhas, e os testes fazem mil.

    O caminho é o mesmo, porque cada verificador diz com que custo foi feito; o custo de verdade
    confere-se com ``argon2_de_verdade``.
    """
    ligeiro = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as troca:
        for modulo, _ in _ARGON2:
            troca.setattr(modulo, "_argon2", ligeiro)
        for modulo in (senhas, entrada):
            troca.setattr(modulo, "_FALSO", ligeiro.hash("de ninguém"))
        yield


@pytest.fixture
def argon2_de_verdade(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 com o custo que o gateway usa."""
    for modulo, verdadeiro in _ARGON2:
        monkeypatch.setattr(modulo, "_argon2", verdadeiro)


_COM_SERVIDORES = ("durabilidade", "varios_nos", "security", "acceptance", "browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Com vários processos, alterna os arquivos que esperam por servidores com os que calculam.

    Assim um processo calcula enquanto outro espera, e os arquivos mais longos não ficam para o fim,
    em que um só processo trabalharia.
    """
    if not hasattr(config, "workerinput"):
        return
    por_arquivo: dict[Path, list[pytest.Item]] = {}
    for item in items:
        por_arquivo.setdefault(item.path, []).append(item)
    servidos = [a for a in por_arquivo if a.parent.name in _COM_SERVIDORES]
    servidos.sort(key=lambda a: _COM_SERVIDORES.index(a.parent.name))
    outros = [a for a in por_arquivo if a.parent.name not in _COM_SERVIDORES]
    de_cada_vez = len(outros) // max(1, len(servidos)) + 1
    ordem: list[Path] = []
    for vez, arquivo in enumerate(servidos):
        ordem += [arquivo, *outros[vez * de_cada_vez : (vez + 1) * de_cada_vez]]
    ordem += outros[len(servidos) * de_cada_vez :]
    items[:] = [item for arquivo in ordem for item in por_arquivo[arquivo]]


def pytest_collection_finish() -> None:
    """Tira do coletor de lixo os milhares de testes colhidos, que vivem até o fim da sessão.

    Sem isto cada coleta completa percorre-os de novo: um sexto do tempo dos testes que gravam.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
