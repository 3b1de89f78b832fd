"""O que a API responde, e o que anota, quando algo de nosso quebra."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import abrir_api
from structlog.testing import capture_logs

from backoffice.api import protocolos
from gateway.leitor import Leitor
from gateway.origem import Origem
from gateway.porta_da_api import PortaDaApi
from gateway.secoes.servidor import Servidor
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import Mesa

_SEGREDO = "a carteira 00123 de Maria"


@pytest.fixture
def porta(mesa: Mesa) -> Iterator[PortaDaApi]:
    """A porta da API, como o servidor a monta."""
    servidor = Servidor()
    leitor = Leitor(servidor.memory_budget, servidor.body_timeout)
    aberta = PortaDaApi(mesa.recepcao, servidor, Origem(servidor), leitor, mesa.banco)
    yield aberta
    aberta.fechar()


def _pedir(porta: PortaDaApi, token: str) -> tuple[int, bytes]:
    enviados = _eventos(porta, token)
    return enviados[0]["status"], b"".join(e.get("body", b"") for e in enviados[1:])


def _eventos(porta: PortaDaApi, token: str, **mudado: Any) -> list[Any]:
    """Tudo o que a porta manda a quem pediu."""
    enviados: list[Any] = []

    async def receber() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def enviar(evento: Any) -> None:
        enviados.append(evento)

    escopo = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/api/v1/protocolos", "raw_path": b"", "root_path": "",
        "query_string": b"", "client": ("192.0.2.7", 1), "server": ("teste", 80),
        "headers": [(b"authorization", f"Bearer {token}".encode()), *mudado.pop("cabecalhos", ())],
        **mudado,
    }  # fmt: skip
    asyncio.run(porta(escopo, receber, enviar))
    return enviados


@pytest.mark.parametrize(
    ("erro", "status"), [(RuntimeError(_SEGREDO), 500), (BancoIndisponivel(_SEGREDO), 503)]
)
def test_erro_nosso_e_um_problema_sem_o_seu_texto(
    porta: PortaDaApi,
    mesa: Mesa,
    monkeypatch: pytest.MonkeyPatch,
    erro: Exception,
    status: int,
) -> None:
    """Nem a resposta nem o registro repetem o que a exceção diz, que pode ser de um paciente."""

    def quebrar(*_: object, **__: object) -> None:
        raise erro

    monkeypatch.setattr(protocolos.consultas, "listar", quebrar)
    with abrir_api(mesa) as api, capture_logs() as anotado:
        obtido, corpo = _pedir(porta, api.token())
    assert obtido == status
    assert json.loads(corpo)["status"] == status
    assert _SEGREDO not in corpo.decode() + str(anotado)
    if status == 500:
        assert [linha["causa"] for linha in anotado] == ["RuntimeError"]


@pytest.mark.parametrize(
    ("status", "mudado"),
    [
        (401, {}),
        (404, {"path": "/api/v1/nada"}),
        (405, {"method": "DELETE"}),
        (413, {"method": "POST", "cabecalhos": [(b"content-length", b"99999999999")]}),
        (415, {"method": "POST", "path": "/api/v1/mensagens"}),
    ],
)
def test_erro_nao_se_guarda_no_caminho(
    porta: PortaDaApi, status: int, mudado: dict[str, Any]
) -> None:
    """Nenhum intermediário guarda a recusa de um pedido para responder a outro com ela."""
    if status == 415:
        mudado = mudado | {"cabecalhos": [(b"content-length", b"0")]}
    comeco = _eventos(porta, "nenhum", **mudado)[0]
    assert comeco["status"] == status
    assert dict(comeco["headers"])[b"cache-control"] == b"no-store"
