"""A frente ASGI da API: lê o corpo com os limites da porta SOAP e só então a chama."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from backoffice.api import EXTENSAO, Base, LimitesDoEnvio, Problema, criar
from dominio.competencia import agora
from gateway import metricas
from gateway.corpo import descomprimir
from gateway.leitor import Desligou, contar_copia, responder_e_fechar
from gateway.recebidas import RecepcaoAnotada
from gateway.respostas import responder, tente_em
from gateway.vez import UmPorVez
from handlers.redes import rede
from handlers.ritmo import NoLimite
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from gateway.leitor import Leitor, Receive, Reserva, Scope, Send
    from gateway.origem import Origem
    from gateway.secoes.servidor import Servidor
    from handlers.envio_documentos import Deposito
    from handlers.recepcao import Recepcao
    from persistence.banco import Banco

PREFIXO = "/api/"
_COM_ARQUIVO = re.compile(
    rf"{PREFIXO}v1/(mensagens|importacoes/[a-z]+|notas/[0-9]+/arquivo|recursos/[0-9]+/documentos"
    r"|rascunhos-de-recurso/[0-9]+/anexos)"
)
_ENVIO = f"{PREFIXO}v1/mensagens"
_JSON = 1_048_576
"""Bytes de um pedido que não traz arquivos."""

_PROBLEMA = (b"content-type", b"application/problem+json")
_SEM_GUARDAR = (b"cache-control", b"no-store")
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
        deposito: onde ficam os documentos e os arquivos das notas.
        conferir_destino: levanta ``ValueError`` se a uma URL não se mandam avisos.
        espera_maxima: segundos que um envio espera que acabe outro do mesmo endereço.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        origem: Origem,
        leitor: Leitor,
        banco: Banco,
        *,
        deposito: Deposito | None = None,
        conferir_destino: Callable[[str], None] | None = None,
        espera_maxima: float = 10.0,
    ) -> None:
        self._recepcao = recepcao
        self._envios = UmPorVez(espera_maxima)
        self._servidor = servidor
        self._origem = origem
        self._leitor = leitor
        # um pedido pode trazer mil mensagens: não podem ocupar as threads das que vêm uma a uma
        metade = max(1, servidor.threads // 2)
        self._executor = ThreadPoolExecutor(metade, "api")
        # nem as consultas esperam por elas
        self._consultas = ThreadPoolExecutor(metade, "consulta")
        limites = LimitesDoEnvio(arquivo=servidor.max_file, total=servidor.max_upload)
        base = Base(banco, self._consultas, agora, deposito)
        if conferir_destino is not None:
            base = replace(base, conferir_destino=conferir_destino)
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
        cliente = self._origem.cliente(scope)
        scope = {**scope, "client": (cliente, 0), "extensions": extensoes}
        try:
            if scope["method"] in _SEM_CORPO or _nao_traz_corpo(scope, cabecalhos):
                await self._api(scope, receive, send)
            else:
                await self._com_corpo(scope, cabecalhos, receive, send)
        except Exception as erro:  # noqa: BLE001 - já respondido
            _log.error("erro na api", caminho=_rota(scope), causa=type(erro).__name__)

    async def _com_corpo(
        self, scope: Scope, cabecalhos: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        com_arquivo = _COM_ARQUIVO.fullmatch(scope["path"]) is not None
        limite = self._servidor.max_upload if com_arquivo else _JSON
        reserva = self._leitor.reserva(scope["client"][0])
        try:
            async with AsyncExitStack() as vez:
                corpo, recusado = b"", None
                try:
                    if scope["path"] == _ENVIO:
                        await self._entrar(scope["client"][0], vez)
                    corpo = await self._corpo(cabecalhos, receive, reserva, limite)
                except Recusa as recusa:
                    recusado = _problema(recusa)
                if recusado is not None:
                    # a exceção já se foi, e com ela o que o corpo ocupava
                    reserva.devolver()
                    await responder_e_fechar(send, receive, *recusado)
                    return
                metricas.BYTES.inc(len(corpo))
                pronto = await asyncio.get_running_loop().run_in_executor(
                    self._executor, self._descomprimir, corpo, cabecalhos, limite
                )
                await self._api(scope, de_uma_vez(pronto, receive), send)
        except Desligou:
            metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
        except Recusa as recusa:
            await responder(send, *_problema(recusa))
        finally:
            reserva.devolver()

    async def _entrar(self, cliente: str, vez: AsyncExitStack) -> None:
        """A vez de um envio de mensagens, que pode trazer mil.

        Raises:
            Recusa: o endereço passou do seu limite, ou tem outro envio que não acaba.
        """
        if espera := self._recepcao.espera(cliente):
            raise NoLimite(espera)
        await vez.enter_async_context(self._envios.de(rede(cliente)))

    async def _corpo(
        self,
        cabecalhos: dict[bytes, bytes],
        receive: Receive,
        reserva: Reserva,
        limite: int,
    ) -> bytes:
        partes: list[bytes] = []
        await self._leitor.ler(cabecalhos, receive, partes, reserva, limite)
        corpo = b"".join(partes)
        contar_copia(reserva, corpo, limite, _JSON)
        return corpo

    @staticmethod
    def _descomprimir(corpo: bytes, cabecalhos: dict[bytes, bytes], limite: int) -> bytes:
        codificacao = cabecalhos.get(b"content-encoding", b"").decode("latin-1")
        return descomprimir(corpo, codificacao, limite)


def _nao_traz_corpo(scope: Scope, cabecalhos: dict[bytes, bytes]) -> bool:
    """Sem tamanho dito não há corpo (RFC 9112, 6.3); só a quem deve arquivos se cobra o tamanho."""
    dito = b"content-length" in cabecalhos or b"transfer-encoding" in cabecalhos
    return not dito and _COM_ARQUIVO.fullmatch(scope["path"]) is None


def _rota(scope: Scope) -> str:
    """A rota que atendia, sem o que o endereço pedia nela."""
    return str(getattr(scope.get("route"), "path", "nenhuma"))


def de_uma_vez(corpo: bytes, resto: Receive) -> Receive:
    """O corpo inteiro e, depois dele, o que a conexão disser: que o cliente se foi."""
    dado = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal dado
        if dado:
            return await resto()
        dado = True
        return {"type": "http.request", "body": corpo, "more_body": False}

    return receive


def _problema(recusa: Recusa) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Situação, corpo e cabeçalhos de um pedido que não se atende."""
    cabecalhos = [_PROBLEMA, _SEM_GUARDAR]
    if isinstance(recusa, NoLimite):
        cabecalhos.append(tente_em(recusa.segundos))
    return recusa.erro.http, Problema(recusa.erro.http, recusa.texto).em_json(), cabecalhos
