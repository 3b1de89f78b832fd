from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.conftest import api, banco, mesa, nova_mesa, nova_url, sqlite_migrado
from security.sentinela import Sentinela

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["api", "banco", "mesa", "nova_mesa", "nova_url", "sqlite_migrado"]


@pytest.fixture(scope="session")
def sentinela(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinela]:
    """Um arquivo e uma porta em que nenhuma mensagem pode fazer alguém tocar."""
    guarda = Sentinela(tmp_path_factory.mktemp("canario"))
    yield guarda
    guarda.fechar()
