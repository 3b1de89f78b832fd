"""As chamadas HTTP a um sistema da operadora: sem redirecionar, sem proxy, com limites."""

from __future__ import annotations

import time
from email.message import Message
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError
from urllib3.util import Timeout

from dominio.numeros import natural
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo
from handlers.repasse.resposta import LIMITE

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from gateway.secoes.repasse import ServicoRepassado
    from handlers.repasse.recorte import Envelope

_PARTE = 65_536
_CONECTAR = 5.0
"""Segundos para conectar: um endereço que não aceita logo não vai aceitar depois."""
_XML = frozenset({"text/xml", "application/xml", "application/soap+xml"})


class Cliente:
    """Um conjunto de conexões para os endereços de um serviço; usado por várias threads.

    Args:
        ajuste: endereço, prazo e conexões.
    """

    def __init__(self, ajuste: ServicoRepassado) -> None:
        self._prazo = ajuste.timeout
        self._conexoes = urllib3.PoolManager(
            maxsize=ajuste.conexoes,
            cert_reqs="CERT_REQUIRED",
            ca_certs=ajuste.ca or None,
            retries=False,
        )

    def fechar(self) -> None:
        """Fecha as conexões ociosas."""
        self._conexoes.clear()

    def postar(self, endereco: str, envelope: Envelope, correlacao: str) -> RespostaDoNucleo:
        """Entrega um envelope e lê a resposta inteira.

        Raises:
            NucleoFalhou: não conectou, não respondeu no prazo, ou não respondeu XML.
        """
        fim = time.monotonic() + self._prazo
        try:
            resposta = self._conexoes.request(
                "POST",
                endereco,
                body=envelope.corpo,
                headers={
                    "Content-Type": f"text/xml; charset={envelope.charset}",
                    "SOAPAction": '""',
                    "Accept": "text/xml",
                    "Accept-Encoding": "identity",
                    "User-Agent": "tiss-gateway",
                    "X-Correlation-Id": correlacao,
                },
                redirect=False,
                preload_content=False,
                timeout=Timeout(connect=min(_CONECTAR, self._prazo), read=self._prazo),
            )
            try:
                charset = _conferir_cabecalhos(resposta)
                return RespostaDoNucleo(resposta.status, charset, _ler(resposta, fim))
            finally:
                # do que não se leu até o fim a conexão não serve para outro pedido
                if not resposta.closed:
                    resposta.close()
                resposta.release_conn()
        except ConnectTimeoutError:
            raise NucleoFalhou(Desfecho.CONEXAO, "não conectou no prazo") from None
        except ReadTimeoutError:
            raise _tempo() from None
        except (HTTPError, OSError) as erro:
            # o texto de um erro de rede traz endereços internos; a espécie basta
            raise NucleoFalhou(Desfecho.CONEXAO, f"rede: {type(erro).__name__}") from None


def _tempo() -> NucleoFalhou:
    return NucleoFalhou(Desfecho.TEMPO, "não respondeu no prazo")


def _invalida(motivo: str) -> NucleoFalhou:
    return NucleoFalhou(Desfecho.RESPOSTA_INVALIDA, motivo)


def _conferir_cabecalhos(resposta: BaseHTTPResponse) -> str | None:
    """O charset declarado, se a resposta é XML e cabe."""
    if 300 <= resposta.status < 400:
        raise _invalida(f"HTTP {resposta.status}: redirecionamento não se segue")
    if resposta.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _invalida("resposta comprimida sem ter sido pedida")
    tipo = Message()
    tipo["Content-Type"] = resposta.headers.get("Content-Type", "application/octet-stream")
    if tipo.get_content_type() not in _XML:
        raise _invalida(f"HTTP {resposta.status} sem XML")
    # um tamanho que não se entende não importa: a leitura tem o mesmo limite
    if (natural(resposta.headers.get("Content-Length", "")) or 0) > LIMITE:
        raise _grande()
    return tipo.get_content_charset()


def _grande() -> NucleoFalhou:
    return _invalida(f"resposta de mais de {LIMITE} bytes")


def _ler(resposta: BaseHTTPResponse, fim: float) -> bytes:
    """O corpo; nem o tamanho nem o tempo dependem do que o outro lado diz."""
    partes: list[bytes] = []
    total = 0
    while parte := resposta.read1(_PARTE):
        total += len(parte)
        partes.append(parte)
        if total > LIMITE:
            raise _grande()
        if time.monotonic() > fim:
            raise _tempo()
    return b"".join(partes)
