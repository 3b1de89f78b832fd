"""A frente ASGI do console: lê o corpo com os limites da porta SOAP e só então o chama."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request

from backoffice.api import LimitesDoEnvio
from backoffice.console import EXTENSAO, RAIZ, Ajustes, Casa, criar, leva_arquivos, quem_entrou
from dominio.competencia import agora
from gateway import metricas
from gateway.leitor import Desligou, contar_copia, responder_e_fechar
from gateway.origem import Origem
from gateway.porta_da_api import de_uma_vez
from gateway.recebidas import RecepcaoAnotada
from gateway.vez import UmPorVez
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gateway.leitor import Leitor, Receive, Scope, Send
    from gateway.secoes.console import Console
    from gateway.secoes.servidor import Servidor
    from handlers.envio_documentos import Deposito
    from handlers.recepcao import Recepcao
    from persistence.banco import Banco

_FORMULARIO = 1_048_576
"""Bytes de um formulário que não traz arquivos."""
_TEXTO = (b"content-type", b"text/plain; charset=utf-8")
_SEM_GUARDAR = (b"cache-control", b"no-store")


class PortaDoConsole:
    """Aplicação ASGI dos endereços ``/console/...``.

    Args:
        recepcao: quem recebe as mensagens enviadas em arquivo.
        servidor: limites do pedido e de cada arquivo.
        ajustes: os do console.
        banco: para as páginas.
        leitor: lê os corpos, com a memória que a porta SOAP também usa.
        deposito: onde ficam os documentos e os arquivos das notas.
        ensaiar: faz a recepção em que se confere de novo uma mensagem.
        repassados: serviços que outro sistema responde.
        conferir_destino: levanta ``ValueError`` se a uma URL não se mandam avisos.
        configuracao: a em vigor, sem segredos.
        vencem: quando vence cada certificado que é do gateway.
        espera_maxima: segundos que um envio espera que acabe outro da mesma pessoa.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        ajustes: Console,
        banco: Banco,
        leitor: Leitor,
        *,
        deposito: Deposito | None = None,
        ensaiar: Callable[[Banco], Recepcao] | None = None,
        repassados: frozenset[str] = frozenset(),
        conferir_destino: Callable[[str], None],
        configuracao: Mapping[str, Mapping[str, str]],
        vencem: Mapping[str, datetime],
        espera_maxima: float = 10.0,
    ) -> None:
        self._envios = UmPorVez(espera_maxima)
        self._servidor = servidor
        # o endereço público do servidor é o dos serviços; o console pode estar noutro
        self._origem = Origem(servidor.model_copy(update={"public_url": ajustes.public_url}))
        self._leitor = leitor
        self._executor = ThreadPoolExecutor(max(2, servidor.threads // 2), "console")
        # um envio pode trazer mil mensagens, e uma senha demora a conferir-se: nem uns nem outras
        # fazem esperar as páginas
        self._lentas = (ThreadPoolExecutor(2, "envio"), ThreadPoolExecutor(2, "entrada"))
        self._casa = Casa(
            banco,
            self._executor,
            agora,
            RecepcaoAnotada(recepcao),
            LimitesDoEnvio(arquivo=servidor.max_file, total=servidor.max_upload),
            Ajustes(
                timedelta(minutes=ajustes.idle_minutes),
                timedelta(hours=ajustes.max_hours),
                exigir_segundo_fator=ajustes.require_totp,
                ajuda=ajustes.help_url,
            ),
            deposito,
            ensaiar,
            repassados,
            conferir_destino,
            configuracao,
            vencem,
            self._lentas,
        )
        self._console = criar(self._casa)

    def fechar(self) -> None:
        """Espera os pedidos em curso e solta as threads."""
        for executor in (self._executor, *self._lentas):
            executor.shutdown(wait=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atende um pedido; um corpo que não se pode ler é uma linha de texto."""
        base = self._origem.base(scope)
        cliente = self._origem.cliente(scope)
        extensoes = scope.get("extensions", {}) | {EXTENSAO: {"base": base}}
        scope = {**scope, "client": (cliente, 0), "extensions": extensoes}
        if scope["method"] != "POST":
            await self._console(scope, receive, send)
            return
        partes: list[bytes] = []
        reserva = self._leitor.reserva(cliente)
        recusado: Recusa | None = None
        try:
            cabecalhos = dict(reversed(scope["headers"]))
            quem = await self._quem_envia(scope)
            limite = _FORMULARIO if quem is None else self._servidor.max_upload
            async with AsyncExitStack() as vez:
                if quem is not None:
                    await vez.enter_async_context(self._envios.de(quem))
                await self._leitor.ler(cabecalhos, receive, partes, reserva, limite)
                corpo = b"".join(partes)
                partes.clear()
                contar_copia(reserva, corpo, limite, _FORMULARIO)
                metricas.BYTES.inc(len(corpo))
                await self._console(scope, de_uma_vez(corpo, receive), send)
        except Desligou:
            metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
        except Recusa as recusa:
            recusado = recusa.with_traceback(None)
        finally:
            reserva.devolver()
        if recusado is not None:
            partes.clear()
            texto = f"{recusado.texto}\n".encode()
            saida = [_TEXTO, _SEM_GUARDAR]
            await responder_e_fechar(send, receive, recusado.erro.http, texto, saida)

    async def _quem_envia(self, scope: Scope) -> str | None:
        """Quem manda um formulário de arquivos: só de quem entrou se lê um grande."""
        if not leva_arquivos(scope["path"]):
            return None
        laco = asyncio.get_running_loop()
        return await laco.run_in_executor(self._executor, quem_entrou, self._casa, Request(scope))


def e_do_console(caminho: str) -> bool:
    """Se um endereço é do console."""
    return caminho == RAIZ or caminho.startswith(f"{RAIZ}/")
