"""Quanto a porta do console lê de quem entrou e de quem não entrou."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from gateway.leitor import Leitor
from gateway.porta_do_console import PortaDoConsole
from gateway.secoes.console import Console as SecaoDoConsole
from gateway.secoes.servidor import Servidor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.navegador import Console

GRANDE = b"x" * 2_000_000


@pytest.fixture
def porta(console: Console) -> Iterator[PortaDoConsole]:
    """A porta do console, como o servidor a monta."""
    servidor = Servidor()
    aberta = PortaDoConsole(
        console.mesa.recepcao, servidor, SecaoDoConsole(), console.mesa.banco,
        Leitor(servidor.memory_budget, servidor.body_timeout), conferir_destino=lambda _url: None,
        configuracao={}, vencem={},
    )  # fmt: skip
    yield aberta
    aberta.fechar()


def _postar(porta: PortaDoConsole, caminho: str, cookies: dict[str, str]) -> int:
    """Envia um formulário grande e dá a situação HTTP."""
    enviados: list[Any] = []
    pedidos = iter([{"type": "http.request", "body": GRANDE, "more_body": False}])

    async def receber() -> Any:
        if (um := next(pedidos, None)) is not None:
            return um
        return {"type": "http.disconnect"}

    async def enviar(evento: Any) -> None:
        enviados.append(evento)

    escopo = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": f"/console{caminho}", "raw_path": b"", "root_path": "",
        "query_string": b"", "client": ("192.0.2.8", 1), "server": ("teste", 80),
        "headers": [
            (b"host", b"teste"), (b"content-length", str(len(GRANDE)).encode()),
            (b"cookie", "; ".join(f"{n}={v}" for n, v in cookies.items()).encode()),
        ],
    }  # fmt: skip
    asyncio.run(porta(escopo, receber, enviar))
    return int(enviados[0]["status"])


def test_de_quem_nao_entrou_nao_se_le_um_envio_grande(porta: PortaDoConsole) -> None:
    """Sem sessão, ou com uma inventada, um envio de arquivos não passa de um formulário comum."""
    for cookies in ({}, {"tiss-sessao": "inventada"}):
        assert _postar(porta, "/portal/envio", cookies) == 413


def test_de_quem_entrou_le_se_o_envio(console: Console, porta: PortaDoConsole) -> None:
    """Com a sessão de quem entrou o corpo lê-se, e é o formulário que se confere."""
    bia = console.do_prestador()
    assert _postar(porta, "/portal/envio", bia.cookies) == 403
    # fora dos endereços que trazem arquivos, nem de quem entrou
    assert _postar(porta, "/minha-conta/senha", bia.cookies) == 413
