"""A busca de uma lista de revogados por HTTP: com limites de tempo, tamanho e saltos.

O endereço vem de um certificado de uma cadeia em que se confia; ainda assim nada do que o servidor
responde decide quanto se lê, quanto se espera, por que esquema se segue ou aonde se vai: cada salto
se confere como o primeiro endereço, e é ao endereço conferido que se liga.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from gateway.destinos import EnderecoRecusado
from gateway.ligacao import conexoes

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from gateway.destinos import Destino, Politica

_PARTE = 65_536
_CONECTAR = 10.0
_SALTOS = 3
_SEGUEM = frozenset({301, 302, 303, 307, 308})


class BuscaFalhou(Exception):
    """A lista não veio; o texto diz por quê."""


def buscar(endereco: str, *, politica: Politica, prazo: float, limite: int) -> bytes:
    """Os bytes de um endereço.

    Args:
        endereco: ``http`` ou ``https``.
        politica: aonde se pode ir.
        prazo: segundos para tudo, saltos incluídos.
        limite: bytes que se aceitam.

    Raises:
        BuscaFalhou: é de onde não se vai, não respondeu, respondeu outra coisa, ou passou de um
            limite.
    """
    fim = time.monotonic() + prazo
    for _ in range(_SALTOS + 1):
        try:
            destino = politica.destino(endereco)
        except EnderecoRecusado as erro:
            raise BuscaFalhou(f"endereço recusado: {erro}") from None
        resta = fim - time.monotonic()
        if resta <= 0:
            raise BuscaFalhou("não respondeu no prazo")
        achado = _pedir(destino, resta, limite)
        if isinstance(achado, bytes):
            return achado
        endereco = _salto(endereco, achado.novo)
    raise BuscaFalhou("redirecionou vezes demais")


class _Salto:
    def __init__(self, novo: str) -> None:
        self.novo = novo


def _pedir(destino: Destino, prazo: float, limite: int) -> bytes | _Salto:
    with conexoes(destino, prazo) as (abertas, esgotado):
        try:
            resposta = abertas.urlopen(
                "GET",
                destino.caminho,
                headers={
                    "Host": destino.cabecalho_host,
                    "Accept-Encoding": "identity",
                    "User-Agent": "tiss-gateway",
                },
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=min(_CONECTAR, prazo), read=prazo),
            )
            try:
                achado = _conteudo(resposta, limite)
            finally:
                resposta.close()
        except (HTTPError, OSError, ValueError) as erro:
            if esgotado.is_set():
                raise BuscaFalhou("não respondeu no prazo") from None
            raise BuscaFalhou(f"rede: {type(erro).__name__}") from None
        if esgotado.is_set():
            # cortada no meio, uma resposta sem tamanho dito parece inteira
            raise BuscaFalhou("não respondeu no prazo")
        return achado


def _conteudo(resposta: BaseHTTPResponse, limite: int) -> bytes | _Salto:
    if resposta.status in _SEGUEM:
        return _Salto(resposta.headers.get("Location", ""))
    if resposta.status != 200:
        raise BuscaFalhou(f"HTTP {resposta.status}")
    return _ler(resposta, limite)


def _ler(resposta: BaseHTTPResponse, limite: int) -> bytes:
    partes: list[bytes] = []
    total = 0
    while parte := resposta.read1(_PARTE):
        total += len(parte)
        partes.append(parte)
        if total > limite:
            raise BuscaFalhou(f"a lista passa de {limite} bytes")
    return b"".join(partes)


def _salto(de: str, para: str) -> str:
    """O endereço de um redirecionamento, que não pode sair de HTTP nem voltar de HTTPS.

    Raises:
        BuscaFalhou: pode ser de um servidor que aponta para outro lugar.
    """
    novo = urljoin(de, para)
    antes, depois = urlsplit(de).scheme.lower(), urlsplit(novo).scheme.lower()
    if not para or depois not in ("http", "https") or (antes, depois) == ("https", "http"):
        raise BuscaFalhou("redirecionou para um endereço que não se segue")
    return novo
