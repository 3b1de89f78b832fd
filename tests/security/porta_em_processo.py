"""A porta ASGI no processo do teste: os mesmos bytes e cabeçalhos, sem soquete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway import enderecos
from gateway.leitor import Leitor
from gateway.origem import Origem
from gateway.porta import Porta
from gateway.secoes.servidor import Servidor

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from handlers.recepcao import Recepcao

_PEDACO = 65_536


class RespostaDaPorta(NamedTuple):
    """Situação, cabeçalhos e corpo."""

    http: int
    cabecalhos: dict[str, str]
    corpo: bytes


class PortaEmProcesso:
    """Entrega pedidos POST à porta e junta o que ela responde.

    Args:
        recepcao: quem recebe as mensagens.
    """

    def __init__(self, recepcao: Recepcao) -> None:
        servidor = Servidor()
        leitor = Leitor(servidor.memory_budget, servidor.body_timeout)
        self._porta = Porta(recepcao, servidor, Origem(servidor), leitor)

    def postar(self, caminho: str, corpo: bytes, cabecalhos: Mapping[str, str]) -> RespostaDaPorta:
        return asyncio.run(self._postar(caminho, corpo, cabecalhos))

    def fechar(self) -> None:
        self._porta.fechar()

    async def _postar(
        self, caminho: str, corpo: bytes, cabecalhos: Mapping[str, str]
    ) -> RespostaDaPorta:
        linhas = {**cabecalhos, "Content-Length": str(len(corpo))}
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": caminho,
            "query_string": b"",
            "client": ("192.0.2.10", 1),
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in linhas.items()],
        }
        pedacos = [corpo[i : i + _PEDACO] for i in range(0, len(corpo), _PEDACO)] or [b""]
        mandados = iter(enumerate(pedacos, 1))
        eventos: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            posicao, pedaco = next(mandados)
            return {
                "type": "http.request",
                "body": pedaco,
                "more_body": posicao < len(pedacos),
            }

        async def send(evento: MutableMapping[str, Any]) -> None:
            eventos.append(evento)

        rota = enderecos.achar(caminho)
        assert rota is not None
        await self._porta(scope, rota, receive, send)
        inicio, *resto = eventos
        saida = {k.decode().lower(): v.decode("latin-1") for k, v in inicio["headers"]}
        return RespostaDaPorta(inicio["status"], saida, b"".join(e["body"] for e in resto))
