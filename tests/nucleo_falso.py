"""Um sistema de operadora de mentira: responde bem, mal, tarde ou nunca, como o teste quiser."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree
from validador import arvore

import tiss_xsd
from dominio import erros
from dominio.transacoes import NS_TISS, POR_RAIZ
from mensagem import cabecalho, envelope, resposta
from mensagem.parse import Limites, parse
from prestador.mensagem_xml import selar

sys.path.append(str(Path(__file__).resolve().parent / "unit"))

from _esquemas.componentes import ler_pasta
from _esquemas.gerador import Gerador

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

Q = f"{{{NS_TISS}}}"
XML = {"Content-Type": "text/xml; charset=utf-8"}


class Chegada(NamedTuple):
    """Um pedido como chegou ao sistema."""

    caminho: str
    cabecalhos: dict[str, str]
    corpo: bytes


class Saida(NamedTuple):
    """O que o sistema responde; sem corpo, desliga sem responder."""

    corpo: bytes | None
    http: int = 200
    cabecalhos: dict[str, str] = XML


@cache
def _gerador(versao: str) -> Gerador:
    return Gerador(ler_pasta(Path(tiss_xsd.__file__).parent / versao), Random(versao))


def resposta_a(pedido: bytes, registro_ans: str = "999999") -> etree._Element:
    """Uma resposta válida a um pedido, com o corpo sorteado pelo esquema da versão."""
    recebida = envelope.abrir(parse(pedido, Limites()))
    transacao = POR_RAIZ[etree.QName(recebida).localname]
    lido = cabecalho.ler(recebida)
    mensagem = _gerador(lido.padrao).mensagem(Q + transacao.raiz_resposta)
    while len(mensagem) > 3:
        mensagem.remove(mensagem[-1])
    while mensagem[1][0].tag in (f"{Q}mensagemErro", f"{Q}codigoGlosa"):
        mensagem[1] = _gerador(lido.padrao).mensagem(Q + transacao.raiz_resposta)[1]
    novo = cabecalho.de_resposta(
        lido, transacao.tipos_resposta[0], registro_ans, lido.padrao, datetime.now(UTC)
    )
    mensagem.replace(mensagem[0], arvore(novo))
    return selar(mensagem)


def erro_a(pedido: bytes, registro_ans: str = "999999") -> bytes:
    """Uma resposta que só diz ``mensagemErro``."""
    recebida = envelope.abrir(parse(pedido, Limites()))
    transacao = POR_RAIZ[etree.QName(recebida).localname]
    lido = cabecalho.ler(recebida)
    corpo = resposta.corpo_de_erro(transacao, lido.padrao, erros.NAO_OFERECIDO, "Ainda não.")
    return resposta.montar(
        transacao,
        corpo,
        lido,
        registro_ans=registro_ans,
        versao=lido.padrao,
        agora=datetime.now(UTC),
    )


def elemento(mensagem: etree._Element) -> bytes:
    """Os bytes de uma mensagem, como o sistema os põe no Body."""
    return etree.tostring(mensagem, encoding="utf-8")


def envelopada(mensagem: etree._Element | bytes) -> Saida:
    """Uma mensagem num envelope SOAP 1.1."""
    dados = mensagem if isinstance(mensagem, bytes) else elemento(mensagem)
    return Saida(envelope.fechar(dados, envelope.Soap.V11))


def com(mensagem: etree._Element, nome: str, texto: str) -> etree._Element:
    """A mensagem com outro texto no primeiro elemento de um nome, e o hash refeito."""
    next(mensagem.iter(Q + nome)).text = texto
    return selar(mensagem)


class NucleoFalso:
    """Um servidor HTTP em 127.0.0.1 que guarda o que chega.

    Args:
        responder: do corpo do pedido à resposta; por padrão, uma válida.
        tls: com ele serve https.
    """

    def __init__(
        self,
        responder: Callable[[bytes], Saida] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.chegadas: list[Chegada] = []
        self.conexoes = 0
        self._esquema = "http" if tls is None else "https"
        self.responder = responder or (lambda corpo: envelopada(resposta_a(corpo)))
        self.solto = threading.Event()
        nucleo = self

        class Tratador(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                nucleo.conexoes += 1
                super().setup()

            def do_POST(self) -> None:
                corpo = self.rfile.read(int(self.headers["Content-Length"]))
                nucleo.chegadas.append(Chegada(self.path, dict(self.headers.items()), corpo))
                saida = nucleo.responder(corpo)
                if saida.corpo is None:
                    self.close_connection = True
                    return
                self.send_response(saida.http)
                for nome, valor in saida.cabecalhos.items():
                    self.send_header(nome, valor)
                self.send_header("Content-Length", str(len(saida.corpo)))
                self.end_headers()
                try:
                    self.wfile.write(saida.corpo)
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._servidor = ThreadingHTTPServer(("127.0.0.1", 0), Tratador)
        self._servidor.daemon_threads = True
        if tls is not None:
            self._servidor.socket = tls.wrap_socket(self._servidor.socket, server_side=True)
        self._thread = threading.Thread(target=self._servidor.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._esquema}://127.0.0.1:{self._servidor.server_port}"

    def esperar_solto(self, corpo: bytes) -> Saida:
        """Só responde, e bem, depois de ``solto``."""
        self.solto.wait(30)
        return envelopada(resposta_a(corpo))

    def fechar(self) -> None:
        self.solto.set()
        self._servidor.shutdown()
        self._thread.join()
        self._servidor.server_close()
