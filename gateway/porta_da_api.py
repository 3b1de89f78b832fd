"""A frente ASGI da API: lê o corpo com os limites da porta SOAP e só então a chama."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from backoffice.api import LimitesDoEnvio, Problema, criar
from gateway import metricas
from gateway.corpo import descomprimir
from gateway.leitor import Desligou
from gateway.recebidas import RecepcaoAnotada
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from gateway.leitor import Leitor, Receive, Reserva, Scope, Send
    from gateway.origem import Origem
    from gateway.secoes.servidor import Servidor
    from handlers.recepcao import Recepcao

PREFIXO = "/api/"


class PortaDaApi:
    """Aplicação ASGI dos endereços ``/api/...``.

    Args:
        recepcao: quem recebe as mensagens.
        servidor: limites do pedido e de cada arquivo.
        origem: quem é o cliente.
        leitor: lê os corpos, com a memória que a porta SOAP também usa.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        origem: Origem,
        leitor: Leitor,
    ) -> None:
        self._servidor = servidor
        self._origem = origem
        self._leitor = leitor
        # um pedido pode trazer mil mensagens: não podem ocupar as threads das que vêm uma a uma
        self._executor = ThreadPoolExecutor(max(1, servidor.threads // 2), "api")
        limites = LimitesDoEnvio(arquivo=servidor.max_file, total=servidor.max_upload)
        self._api = criar(RecepcaoAnotada(recepcao), limites, self._executor)

    def fechar(self) -> None:
        """Espera os pedidos em curso e solta as threads."""
        self._executor.shutdown(wait=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atende um pedido; um corpo que não se pode ler é um problema, não uma mensagem."""
        if scope["method"] != "POST":
            await self._api(scope, receive, send)
            return
        cabecalhos = dict(reversed(scope["headers"]))
        reserva = self._leitor.reserva()
        try:
            corpo = await self._corpo(cabecalhos, receive, reserva)
            metricas.BYTES.inc(len(corpo))
            pronto = await asyncio.get_running_loop().run_in_executor(
                self._executor, self._descomprimir, corpo, cabecalhos
            )
            cliente = self._origem.cliente(scope, cabecalhos)
            await self._api({**scope, "client": (cliente, 0)}, _de_uma_vez(pronto), send)
        except Desligou:
            metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
        except Recusa as recusa:
            await _recusar(send, recusa)
        finally:
            reserva.devolver()

    async def _corpo(
        self, cabecalhos: dict[bytes, bytes], receive: Receive, reserva: Reserva
    ) -> bytes:
        partes: list[bytes] = []
        await self._leitor.ler(cabecalhos, receive, partes, reserva, self._servidor.max_upload)
        return b"".join(partes)

    def _descomprimir(self, corpo: bytes, cabecalhos: dict[bytes, bytes]) -> bytes:
        codificacao = cabecalhos.get(b"content-encoding", b"").decode("latin-1")
        return descomprimir(corpo, codificacao, self._servidor.max_upload)


def _de_uma_vez(corpo: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": corpo, "more_body": False}

    return receive


async def _recusar(send: Send, recusa: Recusa) -> None:
    status = recusa.erro.http
    corpo = Problema(status, recusa.texto).em_json()
    cabecalhos = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(corpo)).encode()),
        # o resto do corpo pode não ter sido lido: a conexão não serve para outro pedido
        (b"connection", b"close"),
    ]
    if status == 503:
        cabecalhos.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": cabecalhos})
    await send({"type": "http.response.body", "body": corpo})
