"""O HTTP de uma conexão: o do uvicorn, com prazos e limites para o cabeçalho."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway import metricas

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from gateway.aplicacao import Aplicacao
    from gateway.leitor import Scope

_CABECALHO_BYTES = 65_536
_CABECALHOS = 200
"""O que um pedido pode ter de cabeçalhos, os do fim de um corpo em pedaços incluídos."""
_TROCA_DE_PROTOCOLO = re.compile(rb"\r\n(?:upgrade|http2-settings):[^\r\n]*", re.IGNORECASE)


class Protocolo(HttpToolsProtocol):
    """Corta a conexão cujo cabeçalho não chega a tempo: o uvicorn não tem esse prazo.

    A quem um processo cheio não atenderia a tempo responde logo aqui, e o que vier do corpo cai por
    terra: um pedido ASGI, com a sua tarefa e as suas mensagens, custaria várias vezes isso.
    """

    prazo = 10.0
    _espera: asyncio.TimerHandle | None = None
    _em_cabecalho = True
    _bytes_de_cabecalho = 0
    _cabecalhos = 0
    _sem_avanco = 0
    _a_escoar = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Começa a contar o prazo do primeiro cabeçalho."""
        super().connection_made(transport)
        self._armar()

    def data_received(self, data: bytes) -> None:
        """Lê o que chegou, se a conexão ainda avança."""
        if self._em_cabecalho and b"pgrade" in data:
            # clientes HTTP/2 oferecem a troca no primeiro pedido; o httptools a levaria a sério e
            # perderia o corpo
            topo, fim, corpo = data.partition(b"\r\n\r\n")
            data = _TROCA_DE_PROTOCOLO.sub(b"", topo) + fim + corpo
        if self._sem_avanco > _CABECALHO_BYTES:
            # uma linha sem fim, no cabeçalho, entre os pedaços ou depois deles, que o httptools
            # juntaria inteira antes de nos dizer que a viu
            self._cortar("cabecalho-grande")
            return
        self._sem_avanco += len(data)
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        """Um pedaço do corpo."""
        self._sem_avanco = 0
        super().on_body(body)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Uma linha do cabeçalho, ou do fim de um corpo em pedaços.

        Raises:
            HttpParserError: já são linhas ou bytes demais.
        """
        self._bytes_de_cabecalho += len(name) + len(value)
        self._cabecalhos += 1
        if self._bytes_de_cabecalho > _CABECALHO_BYTES or self._cabecalhos > _CABECALHOS:
            # o uvicorn responde 400 e fecha
            metricas.CONEXOES_CORTADAS.labels("cabecalho-grande").inc()
            raise HttpParserError("cabeçalho grande demais")
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        """O fim de um pedido."""
        self._em_cabecalho = True
        self._sem_avanco = 0
        if self._a_escoar:
            self._a_escoar = False
            self._desarmar()
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """O cabeçalho inteiro: daqui em diante o prazo é o do corpo."""
        self._desarmar()
        self._em_cabecalho = False
        self._sem_avanco = 0
        cifrada = self.transport.get_extra_info("ssl_object")
        if cifrada is not None:
            # o uvicorn não preenche esta extensão do ASGI
            extensoes = self.scope.setdefault("extensions", {})
            extensoes["tls"] = {"client_cert_der": cifrada.getpeercert(binary_form=True)}
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """O começo de um pedido."""
        super().on_message_begin()
        self._bytes_de_cabecalho = self._cabecalhos = 0
        # numa conexão mantida aberta, cada pedido tem de novo o seu prazo
        if self._espera is None:
            self._armar()

    def send_400_response(self, msg: str) -> None:
        """Responde ao que não é HTTP e fecha."""
        metricas.CONEXOES_CORTADAS.labels("http-invalido").inc()
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """O fim da conexão."""
        self._desarmar()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # um só por vez, de quem lê o que se lhe responde; quem espera um 100 leva-o como os outros
        simples = cycle is self.cycle and cycle.keep_alive and not cycle.waiting_for_100_continue
        if simples and app is self.app and not self.flow.write_paused:
            portaria: Aplicacao = self.app  # type: ignore[assignment]
            escopo: Scope = self.scope  # type: ignore[assignment]
            resposta = portaria.sobrecarga(escopo, self.server_state.default_headers)
            if resposta is not None:
                self._responder_ja(cycle, resposta)
                return
        super()._start_asgi_task(cycle, app)

    def _responder_ja(self, cycle: RequestResponseCycle, resposta: bytes) -> None:
        self.transport.write(resposta)
        # assim o uvicorn joga fora o corpo que chegar
        cycle.response_started = cycle.response_complete = True
        # que tem o prazo de um cabeçalho
        self._a_escoar = True
        self._armar()
        self.on_response_complete()

    def _armar(self) -> None:
        self._espera = asyncio.get_running_loop().call_later(self.prazo, self._vencer)

    def _desarmar(self) -> None:
        if self._espera is not None:
            self._espera.cancel()
            self._espera = None

    def _vencer(self) -> None:
        self._espera = None
        self._cortar("cabecalho-lento")

    def _cortar(self, motivo: str) -> None:
        if self.transport and not self.transport.is_closing():
            metricas.CONEXOES_CORTADAS.labels(motivo).inc()
            self.transport.abort()
