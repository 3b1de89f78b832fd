"""Carga seguida: nenhum erro, e a memória do processo que atende não cresce com as mensagens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import Servidor
from durabilidade.carga import Carga
from durabilidade.inteireza import conferir_envios, conferir_metades

from bench.servidor import memoria_de

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.banco_de_teste import Postgres

_SEGUNDOS = 20
_AQUECIMENTO = 80
_MENSAGENS = 20_000
_FOLGA = 1.15


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servidor]:
    """Um gateway de um processo, só deste teste, em cada banco."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    servidor = Servidor(url, tmp_path).iniciar()
    yield servidor
    servidor.encerrar()


def test_carga_seguida(gateway: Servidor) -> None:
    """Vinte segundos de lotes, documentos e cancelamentos: tudo respondido, memória estável."""
    with Carga(gateway) as carga:
        carga.esperar(_AQUECIMENTO)
        antes = _memoria(gateway)
        fim = time.monotonic() + _SEGUNDOS
        while time.monotonic() < fim:
            carga.esperar(10)
        depois = _memoria(gateway)
    _conferir(gateway, carga, antes, depois)


@pytest.mark.longo
def test_vinte_mil_mensagens(gateway: Servidor) -> None:
    """O mesmo com vinte mil mensagens; a memória compara-se com a de depois das duas mil."""
    with Carga(gateway) as carga:
        while len(carga.envios) < _MENSAGENS // 10:
            carga.esperar(100)
        antes = _memoria(gateway)
        while len(carga.envios) < _MENSAGENS:
            carga.esperar(100)
        depois = _memoria(gateway)
    _conferir(gateway, carga, antes, depois)


def _conferir(gateway: Servidor, carga: Carga, antes: float, depois: float) -> None:
    assert (carga.falhas, carga.interrompidos) == ([], 0)
    assert depois < antes * _FOLGA, f"de {antes:.0f} a {depois:.0f} MiB"
    conferir_envios(gateway, carga.envios[-50:])
    conferir_metades(gateway)


def _memoria(gateway: Servidor) -> float:
    assert gateway.processo is not None
    return memoria_de(gateway.processo.pid, "VmRSS")
