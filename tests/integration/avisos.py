"""Um sistema de operadora que recebe avisos, nesta máquina, e confere cada um como deve."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType


class Aviso(NamedTuple):
    """Um pedido que chegou.

    Attributes:
        cabecalhos: nomes em minúsculas.
        corpo: bytes.
    """

    caminho: str
    cabecalhos: dict[str, str]
    corpo: bytes

    @property
    def dados(self) -> dict[str, Any]:
        """O JSON."""
        lido: dict[str, Any] = json.loads(self.corpo)
        return lido

    def assinado_com(self, segredo: str) -> bool:
        """A conferência que ``docs/webhooks.md`` manda a quem recebe fazer."""
        campos = [p.split("=", 1) for p in self.cabecalhos["x-tiss-assinatura"].split(",")]
        [instante] = [valor for nome, valor in campos if nome == "t"]
        texto = instante.encode() + b"." + self.corpo
        certo = hmac.new(segredo.encode(), texto, hashlib.sha256).hexdigest()
        return any(hmac.compare_digest(certo, v) for nome, v in campos if nome == "v1")


class Receptor:
    """Guarda o que chega em ``avisos`` e responde o que ``responder`` disser.

    Attributes:
        avisos: os que chegaram, na ordem.
        responder: do aviso à situação HTTP; antes de responder pode demorar ou levantar, e então a
            conexão cai sem resposta.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.avisos: list[Aviso] = []
        self.responder: Callable[[Aviso], int] = lambda _aviso: 204
        self.para_onde = ""
        dono = self

        class Atendente(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                corpo = self.rfile.read(int(self.headers["content-length"]))
                nomes = {k.lower(): v for k, v in self.headers.items()}
                aviso = Aviso(self.path, nomes, corpo)
                dono.avisos.append(aviso)
                with suppress(ConnectionError):
                    try:
                        status = dono.responder(aviso)
                    except ConnectionAbortedError:
                        self.close_connection = True
                        return
                    self.send_response(status)
                    if dono.para_onde:
                        self.send_header("Location", dono.para_onde)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Atendente)
        self._http.daemon_threads = True
        self._esquema = "http"
        if tls is not None:
            self._esquema = "https"
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)

    @property
    def porta(self) -> int:
        """TCP, em 127.0.0.1."""
        return self._http.server_port

    @property
    def url(self) -> str:
        """O endereço a cadastrar."""
        return f"{self._esquema}://127.0.0.1:{self.porta}/avisos?de=tiss"

    @property
    def vistos(self) -> list[tuple[str, str | None]]:
        """Evento e número de cada aviso, na ordem em que chegaram."""
        return [(a.dados["evento"], a.dados.get("numeroProtocolo")) for a in self.avisos]

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, tipo: type[BaseException] | None, erro: BaseException | None,
        rastro: TracebackType | None,
    ) -> None:  # fmt: skip
        self._http.shutdown()
        self._http.server_close()
