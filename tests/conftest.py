from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from integration import banco_de_teste

from handlers import entrada, pessoas, senhas

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


def pytest_collection_finish() -> None:
    """Tira do coletor de lixo os milhares de testes colhidos, que vivem até o fim da sessão.

    Sem isto cada coleta completa percorre-os de novo: um sexto do tempo dos testes que gravam.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
