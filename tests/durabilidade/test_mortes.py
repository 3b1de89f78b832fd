"""``kill -9`` de processos e do servidor inteiro, sob carga: nada do que se confirmou se perde."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import Servidor
from durabilidade.carga import Carga
from durabilidade.inteireza import (
    conferir_arquivo,
    conferir_envios,
    conferir_metades,
    conferir_repeticoes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.banco_de_teste import Postgres

_log = logging.getLogger("durabilidade")
_PROCESSOS = ("--workers", "2")
_TRABALHADOR = b"spawn_main"
_REPETIDOS = 20
_MAIOR_ESPERA = 0.4


@pytest.fixture
def sorteio() -> random.Random:
    """Os instantes e os alvos; ``TISS_TESTE_SEMENTE`` repete os de outra vez."""
    semente = int(os.environ.get("TISS_TESTE_SEMENTE", random.SystemRandom().randrange(10**6)))
    # o pytest mostra o que se regista quando o teste falha
    _log.warning("TISS_TESTE_SEMENTE=%d", semente)
    return random.Random(semente)


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servidor]:
    """Um gateway de dois processos, só deste teste, em cada banco."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    servidor = Servidor(url, tmp_path).iniciar(*_PROCESSOS)
    yield servidor
    # quem acaba de perder um processo só para depois que o novo começa: aqui não se espera por ele
    _matar_todos(servidor)
    servidor.encerrar()


def test_cinco_mortes_sob_carga(gateway: Servidor, sorteio: random.Random) -> None:
    """Morto um processo ou o servidor inteiro no meio da carga, o confirmado está todo lá."""
    _matar_sob_carga(gateway, sorteio, [_processo, _tudo, _processo, _tudo, _processo])


@pytest.mark.longo
def test_cinquenta_mortes_sob_carga(gateway: Servidor, sorteio: random.Random) -> None:
    """O mesmo com cinquenta mortes, sorteadas também entre processo e servidor."""
    _matar_sob_carga(gateway, sorteio, sorteio.choices([_processo, _tudo], k=50))


def _matar_sob_carga(
    gateway: Servidor,
    sorteio: random.Random,
    mortes: list[Callable[[Servidor, random.Random], None]],
) -> None:
    with Carga(gateway) as carga:
        for matar in mortes:
            carga.esperar(5)
            time.sleep(sorteio.uniform(0, _MAIOR_ESPERA))
            matar(gateway, sorteio)
        carga.esperar(5)
    _log.warning("%d respondidos, %d interrompidos", len(carga.envios), carga.interrompidos)
    assert carga.falhas == []
    # uma morte do servidor inteiro deixa sem resposta quem estava à espera
    assert carga.interrompidos >= mortes.count(_tudo)
    conferir_envios(gateway, carga.envios)
    conferir_metades(gateway)
    conferir_arquivo(gateway)
    repetidos = [e for e in carga.envios if e.tentativas > 1]
    outros = sorteio.sample(carga.envios, min(_REPETIDOS, len(carga.envios)))
    conferir_repeticoes(gateway, [*repetidos, *outros])


def _processo(gateway: Servidor, sorteio: random.Random) -> None:
    """Mata um dos processos que atendem; o supervisor põe outro no seu lugar."""
    assert gateway.processo is not None
    os.kill(sorteio.choice(_trabalhadores(gateway.processo.pid)), signal.SIGKILL)


def _tudo(gateway: Servidor, _sorteio: random.Random) -> None:
    """Mata o supervisor e todos os seus processos, e inicia outro servidor no mesmo banco."""
    _matar_todos(gateway)
    gateway.iniciar(*_PROCESSOS)


def _matar_todos(gateway: Servidor) -> None:
    assert gateway.processo is not None
    for pid in [gateway.processo.pid, *_filhos(gateway.processo.pid)]:
        os.kill(pid, signal.SIGKILL)
    gateway.processo.wait()


def _filhos(pid: int) -> list[int]:
    return [int(filho) for filho in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _trabalhadores(supervisor: int) -> list[int]:
    return [
        pid
        for pid in _filhos(supervisor)
        if _TRABALHADOR in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
