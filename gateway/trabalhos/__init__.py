"""Os trabalhos de fundo: um executor por vez, entre todos os processos e máquinas."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.banco import aberto
from gateway.chaveiro import cifra
from gateway.trabalhos.executor import Executor
from gateway.trabalhos.lista import trabalhos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.configuracao import Configuracao


@contextmanager
def executor(configuracao: Configuracao) -> Iterator[Executor]:
    """Um executor dos trabalhos deste gateway, ainda parado, com banco próprio."""
    with aberto(configuracao.database, cifra(configuracao.archive)) as banco:
        yield Executor(banco, trabalhos(configuracao), posse_segundos=configuracao.jobs.lease)


@contextmanager
def em_segundo_plano(configuracao: Configuracao) -> Iterator[None]:
    """Executa os trabalhos numa thread enquanto o bloco corre, se a configuração os quer."""
    if not configuracao.jobs.enabled:
        yield
        return
    with executor(configuracao) as executando:
        executando.iniciar()
        try:
            yield
        finally:
            executando.parar()
