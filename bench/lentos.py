"""O que clientes lentos e conexões ociosas custam a um cliente comum: ``python -m bench.lentos``.

Um cliente manda lotes de uma consulta, um por vez, a um gateway de um processo, primeiro só e
depois com conexões abertas que nada mandam, ou que mandam cabeçalhos e corpos um byte por vez.
"""

from __future__ import annotations

import socket
import statistics
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

import click

from bench import bancos, carga, servidor
from bench.casos import CASOS
from bench.medicao import Pedidos

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOTES = 300
_LIMITE_SEGUNDOS = 120
_PASSO_SEGUNDOS = 0.1
_COMECO = b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"


class Companhia(NamedTuple):
    """Quem mais está ligado ao gateway.

    Attributes:
        titulo: como sai na tabela.
        conexoes: quantas.
        comeco: o que cada uma manda ao ligar.
        passo: o que cada uma manda a cada décimo de segundo.
    """

    titulo: str
    conexoes: int
    comeco: bytes
    passo: bytes


COMPANHIAS = (
    Companhia("ninguém", 0, b"", b""),
    Companhia("500 conexões ociosas", 500, b"", b""),
    Companhia("100 cabeçalhos lentos", 100, _COMECO + b"X-A: ", b"a"),
    Companhia("100 corpos lentos", 100, _COMECO + b"Content-Length: 1000000\r\n\r\n<a>", b" "),
)


def medir(tipo: bancos.Tipo, lotes: int = _LOTES) -> Iterator[tuple[Companhia, float, float]]:
    """Milissegundos por lote de um cliente comum, p50 e p99, em cada companhia.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RespostaErrada: se o gateway respondeu errado ou não respondeu a tempo.
    """
    caso = CASOS["consulta"]
    with bancos.fabrica(tipo) as nova_url, servidor.no_ar(nova_url(), 1) as gateway:
        pedidos = Pedidos(gateway.porta)
        carga.medir(gateway.porta, pedidos.montar(caso, lotes), 1, _LIMITE_SEGUNDOS)
        for companhia in COMPANHIAS:
            corpos = pedidos.montar(caso, lotes)
            with _junto(gateway.porta, companhia):
                janela = carga.medir(gateway.porta, corpos, 1, _LIMITE_SEGUNDOS)
            if janela.mensagens != lotes:
                raise carga.RespostaErrada("os lotes não acabaram no tempo")
            centis = statistics.quantiles(janela.latencias, n=100)
            yield companhia, centis[49] * 1000, centis[98] * 1000


@contextmanager
def _junto(porta: int, companhia: Companhia) -> Iterator[None]:
    parar = threading.Event()
    with ExitStack() as pilha:
        abertas = []
        for _ in range(companhia.conexoes):
            conexao = socket.create_connection(("127.0.0.1", porta), timeout=10)
            abertas.append(pilha.enter_context(conexao))
            conexao.sendall(companhia.comeco)
        quem = threading.Thread(target=_pingar, args=(abertas, companhia.passo, parar), daemon=True)
        quem.start()
        try:
            yield
        finally:
            parar.set()
            quem.join()


def _pingar(conexoes: list[socket.socket], passo: bytes, parar: threading.Event) -> None:
    while not parar.wait(_PASSO_SEGUNDOS):
        for conexao in conexoes:
            # o gateway corta as que passam do prazo
            with suppress(OSError):
                conexao.sendall(passo)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--banco", type=click.Choice(bancos.TIPOS), default="sqlite", show_default=True)
@click.option("--lotes", type=click.IntRange(100), default=_LOTES, show_default=True)
def principal(banco: bancos.Tipo, lotes: int) -> None:
    """Mede um cliente comum ao lado de clientes lentos."""
    click.echo("| em companhia de | p50 ms | p99 ms |\n| :-- | --: | --: |")
    try:
        for companhia, p50, p99 in medir(banco, lotes):
            click.echo(f"| {companhia.titulo} | {p50:.1f} | {p99:.1f} |")
    except (bancos.SemBanco, servidor.NaoSubiu, carga.RespostaErrada) as erro:
        raise click.ClickException(str(erro)) from None


if __name__ == "__main__":
    principal()
