from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import Servidor
from browser.aba import CHROMIUM, Aba, Pessoas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def casa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pessoas]:
    """Um gateway no ar com uma pessoa da operadora e uma de um prestador, para toda a sessão."""
    pasta = tmp_path_factory.mktemp("console-no-ar")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar("--no-jobs")
    yield Pessoas(servidor)
    servidor.encerrar()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Um Chromium sem janela, de um módulo: o laço dele não pode ficar para os outros testes."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"não há {CHROMIUM}; no Debian, apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - só onde há navegador

    opcoes = [
        "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    if os.geteuid() == 0:
        opcoes.append("--no-sandbox")
    with sync_playwright() as programa:
        navegador = programa.chromium.launch(executable_path=CHROMIUM, args=opcoes)
        yield navegador
        navegador.close()


@pytest.fixture
def nova_aba(chromium: Browser, casa: Pessoas) -> Iterator[Callable[..., Aba]]:
    """Abre abas, cada uma com os seus cookies; ao fim confere que nenhuma saiu da máquina."""
    abertas: list[Aba] = []

    def abrir(**opcoes: object) -> Aba:
        contexto = chromium.new_context(
            viewport={"width": 1280, "height": 800}, locale="pt-BR", **opcoes
        )
        abertas.append(Aba(contexto, casa))
        return abertas[-1]

    yield abrir
    for aba in abertas:
        aba.fechar()
