"""Canários mandados por toda porta não se leem em registro, métrica, falha ou aviso."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from security import canario
from security.colheita import Colheita, colher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.banco_de_teste import Postgres


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def colheita(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Colheita]:
    """Tudo o que saiu de um gateway a que se mandou canário por toda porta."""
    pasta = tmp_path_factory.mktemp("canario")
    url = f"sqlite:///{pasta / 'gateway.db'}"
    if request.param == "postgresql":
        servidor: Postgres = request.getfixturevalue("postgres")
        url = servidor.nova_base()
    feita = colher(url, pasta)
    yield feita
    feita.servidor.encerrar()


def test_ver(colheita: Colheita) -> None:
    for porta in colheita.saidas:
        todos = (*canario.DE_MENSAGENS, canario.SENHA_DA_CHAVE, canario.SENHA_DO_BANCO)
        print(porta, len(colheita.saidas[porta]), colheita.vistos(porta, todos))


def test_ver2(colheita: Colheita) -> None:
    from collections import Counter
    for n, d in colheita.saidas["comandos"] + colheita.saidas["credenciais"]:
        print(n, d[:100].replace(b"\n", b"|"), b"INTRUSO" in d and d)
    print(Counter(n.split(" ")[-1] for n, d in colheita.saidas["api, erros"]))
    for porta in ("falhas", "api, erros", "api, conteúdo"):
        for n, d in colheita.saidas[porta]:
            if canario.achados(d, [canario.INTRUSO]):
                print(porta, n, d[:600])
    for n, d in colheita.saidas["falhas"]:
        if "banco" in n or "explode" in n or "arquivo" in n: print(n, d[:700])
    import re
    c = Counter()
    for n, d in colheita.saidas["falhas"]:
        m = re.search(b"tissFault>(\w+)|codigoGlosa>(\d+)", d)
        c[m.group(0) if m else d[:60]] += 1
    print(c)
    print(Counter(l.get("event") for l in colheita.servidor.linhas_do_registro()))
