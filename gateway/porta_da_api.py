"""A frente ASGI da API: lê o corpo com os limites da porta SOAP e só então a chama."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog

from backoffice.api import EXTENSAO, Base, LimitesDoEnvio, Problema, criar
from dominio.competencia import agora
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
    from persistence.banco import Banco

PREFIXO = "/api/"
ENVIO = f"{PREFIXO}v1/mensagens"
_JSON = 1_048_576
"""Bytes de um pedido que não traz arquivos."""

_SEM_CORPO = frozenset({"GET", "HEAD", "OPTIONS"})
_log = structlog.get_logger("api")


class PortaDaApi:
    """Aplicação ASGI dos endereços ``/api/...``.

    Um erro que ninguém previu já foi respondido quando chega aqui; registra-se só o seu tipo, que
    o texto de uma exceção pode trazer dados de pacientes.

    Args:
        recepcao: quem recebe as mensagens.
        servidor: limites do pedido e de cada arquivo.
        origem: quem é o cliente.
        leitor: lê os corpos, com a memória que a porta SOAP também usa.
        banco: para as consultas.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        origem: Origem,
        leitor: Leitor,
        banco: Banco,
    ) -> None:
        self._servidor = servidor
        self._origem = origem
        self._leitor = leitor
        # um pedido pode trazer mil mensagens: não podem ocupar as threads das que vêm uma a uma
        metade = max(1, servidor.threads // 2)
        self._executor = ThreadPoolExecutor(metade, "api")
        # nem as consultas esperam por elas
        self._consultas = ThreadPoolExecutor(metade, "consulta")
        limites = LimitesDoEnvio(arquivo=servidor.max_file, total=servidor.max_upload)
        base = Base(banco, self._consultas, agora)
        self._api = criar(RecepcaoAnotada(recepcao), limites, self._executor, base)

    def fechar(self) -> None:
        """Espera os pedidos em curso e solta as threads."""
        self._executor.shutdown(wait=True)
        self._consultas.shutdown(wait=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atende um pedido; um corpo que não se pode ler é um problema, não uma mensagem."""
        cabecalhos = dict(reversed(scope["headers"]))
        extensoes = scope.get("extensions", {}) | {
            EXTENSAO: {"certificado": self._origem.certificado(scope)}
        }
        cliente = self._origem.cliente(scope, cabecalhos)
        scope = {**scope, "client": (cliente, 0), "extensions": extensoes}
        try:
            if scope["method"] in _SEM_CORPO:
                await self._api(scope, receive, send)
            else:
                await self._com_corpo(scope, cabecalhos, receive, send)
        except Exception as erro:  # noqa: BLE001 - já respondido
            _log.error("erro na api", caminho=_rota(scope), causa=type(erro).__name__)

    async def _com_corpo(
        self, scope: Scope, cabecalhos: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        limite = self._servidor.max_upload if scope["path"] == ENVIO else _JSON
        reserva = self._leitor.reserva()
        try:
            corpo = await self._corpo(cabecalhos, receive, reserva, limite)
            metricas.BYTES.inc(len(corpo))
            pronto = await asyncio.get_running_loop().run_in_executor(
                self._executor, self._descomprimir, corpo, cabecalhos, limite
            )
            await self._api(scope, _de_uma_vez(pronto), send)
        except Desligou:
            metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
        except Recusa as recusa:
            await _recusar(send, recusa)
        finally:
            reserva.devolver()

    async def _corpo(
        self,
        cabecalhos: dict[bytes, bytes],
        receive: Receive,
        reserva: Reserva,
        limite: int,
    ) -> bytes:
        partes: list[bytes] = []
        await self._leitor.ler(cabecalhos, receive, partes, reserva, limite)
        return b"".join(partes)

    @staticmethod
    def _descomprimir(corpo: bytes, cabecalhos: dict[bytes, bytes], limite: int) -> bytes:
        codificacao = cabecalhos.get(b"content-encoding", b"").decode("latin-1")
        return descomprimir(corpo, codificacao, limite)


def _rota(scope: Scope) -> str:
    """A rota que atendia, sem o que o endereço pedia nela."""
    return str(getattr(scope.get("route"), "path", "nenhuma"))


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
