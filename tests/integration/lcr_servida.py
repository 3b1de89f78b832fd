"""Um servidor HTTP de listas de revogados, nesta máquina, que responde o que o teste quiser."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from types import TracebackType


class Resposta(NamedTuple):
    """O que um caminho responde.

    Attributes:
        corpo: bytes.
        status: situação HTTP.
        salto: ``Location``, se redireciona.
        pausa: segundos entre dois bytes do corpo; zero manda tudo de uma vez.
    """

    corpo: bytes = b""
    status: int = 200
    salto: str | None = None
    pausa: float = 0.0


class ServidorDeListas:
    """Serve o que estiver em ``respostas``; conta o que se pediu em ``pedidos``."""

    def __init__(self) -> None:
        self.respostas: dict[str, Resposta] = {}
        self.pedidos: list[str] = []
        dono = self

        class Atendente(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                dono.pedidos.append(self.path)
                resposta = dono.respostas.get(self.path, Resposta(status=404))
                self.send_response(resposta.status)
                if resposta.salto is not None:
                    self.send_header("Location", resposta.salto)
                self.end_headers()
                with suppress(ConnectionError):
                    if not resposta.pausa:
                        self.wfile.write(resposta.corpo)
                        return
                    for byte in resposta.corpo:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(resposta.pausa)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Atendente)
        self._http.daemon_threads = True

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, tipo: type[BaseException] | None, erro: BaseException | None,
        rastro: TracebackType | None,
    ) -> None:  # fmt: skip
        self._http.shutdown()
        self._http.server_close()
