"""Carga seguida: nenhum erro, e a memória do processo que atende não cresce com as mensagens."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest
from acceptance.servidor import Servidor
from durabilidade.carga import Carga
from durabilidade.inteireza import conferir_envios, conferir_metades

from bench.servidor import memoria_de

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.banco_de_teste import Postgres

_SEGUNDOS = 60
_PAUSA = 0.1
_AQUECIMENTO = 80
_MENSAGENS = 20_000
_FOLGA = 1.15
_BANCOS = ("sqlite", "postgresql")


class _Corrida(NamedTuple):
    """Uma carga que acabou, e a memória do processo antes e depois dela, em MiB."""

    gateway: Servidor
    carga: Carga
    antes: float
    depois: float


def _novo(banco: str, request: pytest.FixtureRequest, pasta: Path) -> Servidor:
    if banco == "sqlite":
        url = f"sqlite:///{pasta / 'gateway.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    return Servidor(url, pasta).iniciar()


@pytest.fixture(params=_BANCOS)
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servidor]:
    """Um gateway de um processo, só deste teste, em cada banco."""
    servidor = _novo(request.param, request, tmp_path)
    yield servidor
    servidor.encerrar()


@pytest.fixture(scope="module")
def corridas(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, _Corrida]]:
    """Um gateway em cada banco que aqui há, sob carga branda ao mesmo tempo durante um minuto."""
    with ExitStack() as fim:
        gateways: dict[str, Servidor] = {}
        for banco in _BANCOS:
            with suppress(pytest.skip.Exception):
                gateways[banco] = _novo(banco, request, tmp_path_factory.mktemp(banco))
                fim.callback(gateways[banco].encerrar)
        with ExitStack() as cargas:
            correm = {
                banco: cargas.enter_context(Carga(gateway, pausa=_PAUSA))
                for banco, gateway in gateways.items()
            }
            for carga in correm.values():
                carga.esperar(_AQUECIMENTO)
            antes = {banco: _memoria(gateway) for banco, gateway in gateways.items()}
            acaba = time.monotonic() + _SEGUNDOS
            while time.monotonic() < acaba:
                for carga in correm.values():
                    carga.esperar(10)
            depois = {banco: _memoria(gateway) for banco, gateway in gateways.items()}
        yield {
            banco: _Corrida(gateway, correm[banco], antes[banco], depois[banco])
            for banco, gateway in gateways.items()
        }


@pytest.mark.parametrize("banco", _BANCOS)
def test_um_minuto_de_carga(corridas: dict[str, _Corrida], banco: str) -> None:
    """Um minuto de lotes, documentos e cancelamentos: tudo respondido, memória estável."""
    if banco not in corridas:
        pytest.skip("não há PostgreSQL que se possa usar")
    _conferir(corridas[banco])


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
    _conferir(_Corrida(gateway, carga, antes, depois))


def _conferir(corrida: _Corrida) -> None:
    gateway, carga, antes, depois = corrida
    assert (carga.falhas, carga.interrompidos) == ([], 0)
    assert depois < antes * _FOLGA, f"de {antes:.0f} a {depois:.0f} MiB"
    conferir_envios(gateway, carga.envios[-50:])
    conferir_metades(gateway)


def _memoria(gateway: Servidor) -> float:
    assert gateway.processo is not None
    return memoria_de(gateway.processo.pid, "VmRSS")
