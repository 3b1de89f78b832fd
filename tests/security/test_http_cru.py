"""HTTP que um cliente comum não escreve: o que é ambíguo não se adivinha, recusa-se."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from acceptance.conftest import gateway, postgres_no_ar, sqlite_no_ar
from acceptance.mensagens import envelopado, lote
from security.ataques import contagens

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

__all__ = ["gateway", "postgres_no_ar", "sqlite_no_ar"]

_COMECO = (
    b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
    b"Connection: close\r\n"
)
_EM_PEDACOS = b"Transfer-Encoding: chunked\r\n"
AMBIGUOS = {
    "tamanho e pedaços": b"Content-Length: 5\r\n" + _EM_PEDACOS + b"\r\n0\r\n\r\n",
    "dois tamanhos": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "dois tamanhos numa linha": b"Content-Length: 5, 6\r\n\r\nabcdef",
    "tamanho com sinal": b"Content-Length: +5\r\n\r\nabcde",
    "tamanho negativo": b"Content-Length: -5\r\n\r\nabcde",
    "tamanho em hexadecimal": b"Content-Length: 0x5\r\n\r\nabcde",
    "tamanho de cinco mil algarismos": b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "codificação que não é pedaços": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "pedaços que não são a última": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "tamanho de pedaço ilegível": _EM_PEDACOS + b"\r\n5g\r\nabcde\r\n0\r\n\r\n",
    "tamanho de pedaço enorme": _EM_PEDACOS + b"\r\n" + b"F" * 40 + b"\r\na\r\n0\r\n\r\n",
    "pedaço maior que o dito": _EM_PEDACOS + b"\r\n1\r\nabc\r\n0\r\n\r\n",
    "nul no nome": b"X\x00Y: 1\r\nContent-Length: 0\r\n\r\n",
    "espaço antes dos dois-pontos": b"Content-Length : 5\r\n\r\nabcde",
    "linha dobrada": b"X: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("nome", AMBIGUOS)
def test_enquadramento_ambiguo_e_recusado(gateway: Servidor, nome: str) -> None:
    """Quem poderia ser lido de dois modos, um por um proxy e outro por nós, recebe 400."""
    antes = contagens(gateway.banco)
    resposta = gateway.cru(_COMECO + AMBIGUOS[nome], espera=10)
    assert resposta.startswith(b"HTTP/1.1 400 ")
    assert antes == contagens(gateway.banco)


def test_o_que_sobra_depois_do_corpo_nao_e_um_pedido_escondido(gateway: Servidor) -> None:
    """Um pedido escondido no corpo de outro é corpo: só um é atendido."""
    escondido = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    tamanho = b"Content-Length: %d\r\n\r\n" % len(escondido)
    resposta = gateway.cru(_COMECO + tamanho + escondido, espera=10)
    assert resposta.count(b"HTTP/1.1 ") == 1
    assert b"xml" in resposta


def test_dois_pedidos_seguidos_sao_atendidos_em_ordem(gateway: Servidor) -> None:
    """Pedidos encadeados na mesma conexão recebem cada um a sua resposta."""
    partes = []
    for conexao in (b"keep-alive", b"close"):
        corpo = envelopado(lote())
        linhas = _COMECO.replace(b"close", conexao) + b"Content-Length: %d\r\n\r\n" % len(corpo)
        partes.append(linhas + corpo)
    resposta = gateway.cru(b"".join(partes), espera=20)
    assert resposta.count(b"HTTP/1.1 200 ") == 2
    assert resposta.count(b"</soap:Envelope>") == 2


@pytest.mark.parametrize(
    "nome",
    [
        "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "file:///etc/passwd",
        "tissWebServicesV4_03_00.xsd%00.txt", "..\\..\\x", "tissV4_02_00.xsd/../x", "%2e%2e/x", "",
    ],
)  # fmt: skip
def test_nome_de_esquema_nao_e_caminho(gateway: Servidor, nome: str) -> None:
    """Só os nomes do catálogo da versão dão um arquivo; o resto é 404."""
    assert gateway.pegar(f"/tiss/4.03.00/tissLoteGuias?xsd={nome}").status == 404


@pytest.mark.parametrize(
    "caminho", ["/tiss/4.03.00/..%2f..%2fx", "/tiss/4.03.00/tissLoteGuias%00", "/tiss/%0d%0aX: 1"]
)
def test_endereco_torto_nao_e_servico(gateway: Servidor, caminho: str) -> None:
    """Um endereço com escape, nul ou quebra de linha é 404 e não volta na resposta."""
    pedido = f"GET {caminho.replace(' ', '%20')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    resposta = gateway.cru(pedido.encode(), espera=10)
    assert resposta.startswith(b"HTTP/1.1 404 ")
    assert b"X: 1" not in resposta


def test_host_hostil_nao_quebra_o_wsdl(gateway: Servidor) -> None:
    """O Host do pedido entra no WSDL escapado, ou não entra."""
    pedido = (
        b"GET /tiss/4.03.00/tissLoteGuias?wsdl HTTP/1.1\r\n"
        b'Host: a"><b>&x\r\nConnection: close\r\n\r\n'
    )
    resposta = gateway.cru(pedido, espera=10)
    assert b'a"><b>' not in resposta


_SEM_FIM = {
    "linha do pedido": b"GET /" + b"a" * 4_000_000,
    "nome de cabeçalho": b"GET / HTTP/1.1\r\n" + b"X" * 4_000_000,
    "valor de cabeçalho": b"GET / HTTP/1.1\r\nX: " + b"a" * 4_000_000,
    "extensão de pedaço": _COMECO + _EM_PEDACOS + b"\r\n5;" + b"a" * 4_000_000,
    "cabeçalho depois dos pedaços": (
        _COMECO + _EM_PEDACOS + b"\r\n5\r\nabcde\r\n0\r\nX: " + b"a" * 4_000_000
    ),
}


@pytest.mark.parametrize("nome", _SEM_FIM)
def test_linha_sem_fim_corta_a_conexao(gateway: Servidor, nome: str) -> None:
    """Uma linha de HTTP que não acaba é cortada muito antes de o cliente acabar de a escrever."""
    dados = _SEM_FIM[nome]
    enviados = 0
    with socket.create_connection(("127.0.0.1", gateway.porta), timeout=5) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        with suppress(ConnectionResetError, BrokenPipeError):
            while enviados < len(dados):
                enviados += s.send(dados[enviados : enviados + 16_384])
                time.sleep(0.001)
    assert enviados < len(dados) - 1_000_000
