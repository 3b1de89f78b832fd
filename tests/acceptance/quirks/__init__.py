"""Mensagens em arquivo, byte a byte como remetentes de campo as mandam, e o HTTP que as leva."""

from __future__ import annotations

import csv
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from acceptance.servidor import Resposta

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

PASTA = Path(__file__).parent
CAMINHO = "/tiss/4.03.00/tissLoteGuias"
_ESPERA = 30.0


class Linha(NamedTuple):
    """Uma linha do manifesto.

    Attributes:
        arquivo: os bytes do corpo HTTP.
        cabecalhos: linhas do cabeçalho HTTP que dizem respeito ao corpo.
        veredito: ``aceita``, a palavra de ``tissFault``, ou ``-`` na falha que não tem palavra.
        detalhe: de uma aceita, a leitura do hash que confere; de uma recusada, a chave do erro.
        diz: trecho que o texto da falha deve ter.
    """

    arquivo: str
    cabecalhos: tuple[str, ...]
    veredito: str
    detalhe: str
    diz: str

    @property
    def corpo(self) -> bytes:
        return (PASTA / self.arquivo).read_bytes()


def manifesto() -> list[Linha]:
    """As linhas do manifesto, na ordem do arquivo."""
    with (PASTA / "manifesto.csv").open(encoding="utf-8", newline="") as arquivo:
        linhas = list(csv.reader(arquivo, delimiter=";"))[1:]
    return [Linha(nome, tuple(cab.split(" | ")), *resto) for nome, cab, *resto in linhas]


def aceitas() -> list[Linha]:
    """As mensagens que se aceitam."""
    return [linha for linha in manifesto() if linha.veredito == "aceita"]


def recusadas() -> list[Linha]:
    """As mensagens que se recusam com o engano dito."""
    return [linha for linha in manifesto() if linha.veredito != "aceita"]


def pedido(
    corpo: bytes,
    cabecalhos: tuple[str, ...] = ("Content-Type: text/xml; charset=utf-8",),
    *,
    caminho: str = CAMINHO,
    http: str = "1.1",
    tamanho: bool = True,
) -> bytes:
    """Os bytes de um POST, sem nada que não se peça além de Host e tamanho."""
    linhas = [f"POST {caminho} HTTP/{http}", "Host: tiss.example", *cabecalhos]
    if tamanho:
        linhas.append(f"Content-Length: {len(corpo)}")
    return "\r\n".join([*linhas, "", ""]).encode() + corpo


class Conexao:
    """Um soquete ligado ao gateway, de que se lê uma resposta HTTP de cada vez."""

    def __init__(self, gateway: Servidor) -> None:
        self._soquete = socket.create_connection(("127.0.0.1", gateway.porta), timeout=_ESPERA)
        self._lido = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._soquete.close()

    def enviar(self, dados: bytes) -> None:
        self._soquete.sendall(dados)

    def receber(self) -> Resposta:
        """A próxima resposta, provisória (100) ou não; o tamanho tem de estar declarado."""
        inicio, *linhas = self._ate(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pares = (linha.partition(":") for linha in linhas)
        cabecalhos = {nome.lower(): valor.strip() for nome, _, valor in pares}
        status = int(inicio.split()[1])
        corpo = b"" if status == 100 else self._exatos(int(cabecalhos["content-length"]))
        return Resposta(status, cabecalhos, corpo)

    def fechada(self) -> bool:
        """Espera o servidor fechar; falso se ele ainda manda alguma coisa."""
        return self._lido == b"" and self._soquete.recv(1) == b""

    def _mais(self) -> None:
        parte = self._soquete.recv(65536)
        assert parte, "o servidor fechou a conexão no meio de uma resposta"
        self._lido += parte

    def _ate(self, marca: bytes) -> bytes:
        while marca not in self._lido:
            self._mais()
        achado, _, self._lido = self._lido.partition(marca)
        return achado

    def _exatos(self, quantos: int) -> bytes:
        while len(self._lido) < quantos:
            self._mais()
        achado, self._lido = self._lido[:quantos], self._lido[quantos:]
        return achado


def enviar(gateway: Servidor, linha: Linha) -> Resposta:
    """Manda o arquivo por um soquete, numa conexão só dele."""
    with Conexao(gateway) as conexao:
        conexao.enviar(pedido(linha.corpo, linha.cabecalhos))
        return conexao.receber()
