"""Um armazém S3 para os testes: o servidor do moto, que é um emulador, num processo à parte."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3

from persistence.arquivos.s3 import Balde

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESPERA_SEGUNDOS = 30
CREDENCIAL = ("identificacao-inventada", "segredo-inventado")
REGIAO = "sa-east-1"


class Armazem:
    """Um armazém com baldes; o que se faz aqui é o que se faria por fora do gateway."""

    def __init__(self, porta: int) -> None:
        self.porta = porta
        self.cliente: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=self.endereco,
            region_name=REGIAO,
            aws_access_key_id=CREDENCIAL[0],
            aws_secret_access_key=CREDENCIAL[1],
        )

    @property
    def endereco(self) -> str:
        """A raiz do serviço."""
        return f"http://127.0.0.1:{self.porta}"

    def balde(self, **mais: Any) -> Balde:
        """Um balde novo e vazio."""
        nome = f"balde-{uuid.uuid4().hex[:12]}"
        self.cliente.create_bucket(
            Bucket=nome, CreateBucketConfiguration={"LocationConstraint": REGIAO}
        )
        return em(self.endereco, nome, **mais)

    def objetos(self, balde: Balde) -> dict[str, bytes]:
        """O que há num balde, de qualquer prefixo."""
        achados = self.cliente.list_objects_v2(Bucket=balde.nome).get("Contents", ())
        return {o["Key"]: self.ler(balde, o["Key"]) for o in achados}

    def ler(self, balde: Balde, nome: str) -> bytes:
        """Os bytes de um objeto."""
        dados: bytes = self.cliente.get_object(Bucket=balde.nome, Key=nome)["Body"].read()
        return dados

    def por(self, balde: Balde, nome: str, dados: bytes) -> None:
        """Escreve um objeto por cima do que houver."""
        self.cliente.put_object(Bucket=balde.nome, Key=nome, Body=dados)


def em(endereco: str, nome: str = "balde", **mais: Any) -> Balde:
    """Um balde de um serviço, exista ou não; espera-se pouco por ele."""
    padrao = {"regiao": REGIAO, "no_caminho": True, "credencial": CREDENCIAL, "tentativas": 1}
    return Balde(nome, endereco=endereco, **{**padrao, "limite": 20.0, **mais})


@contextmanager
def no_ar() -> Iterator[Armazem]:
    """O servidor do moto, até o fim do contexto."""
    porta = porta_livre()
    processo = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(porta)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _esperar(porta, processo)
        yield Armazem(porta)
    finally:
        processo.terminate()
        processo.wait(_ESPERA_SEGUNDOS)


@contextmanager
def que_cai(alvo: int, *, subida: int | None = None, descida: int | None = None) -> Iterator[str]:
    """Um caminho até o armazém que se parte depois de tantos bytes num dos sentidos."""
    escuta = socket.create_server(("127.0.0.1", 0))
    abertos: list[socket.socket] = [escuta]

    def atender() -> None:
        with suppress(OSError):
            while True:
                daqui, _ = escuta.accept()
                dali = socket.create_connection(("127.0.0.1", alvo))
                abertos.extend((daqui, dali))
                for de, para, limite in ((daqui, dali, subida), (dali, daqui, descida)):
                    threading.Thread(target=_passar, args=(de, para, limite), daemon=True).start()

    fio = threading.Thread(target=atender, daemon=True)
    fio.start()
    try:
        yield f"http://127.0.0.1:{escuta.getsockname()[1]}"
    finally:
        for um in abertos:
            _cortar(um)
            um.close()
        fio.join(_ESPERA_SEGUNDOS)


@contextmanager
def mudo() -> Iterator[str]:
    """Um serviço que aceita ligações e nunca responde."""
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        yield f"http://127.0.0.1:{escuta.getsockname()[1]}"


def porta_livre() -> int:
    """Uma porta em que ninguém escuta."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _passar(de: socket.socket, para: socket.socket, limite: int | None) -> None:
    passados = 0
    with suppress(OSError):
        while dados := de.recv(65_536):
            passados += len(dados)
            if limite is not None and passados > limite:
                break
            para.sendall(dados)
    _cortar(de)
    _cortar(para)


def _cortar(um: socket.socket) -> None:
    with suppress(OSError):
        um.shutdown(socket.SHUT_RDWR)


def _esperar(porta: int, processo: subprocess.Popen[bytes]) -> None:
    fim = time.monotonic() + _ESPERA_SEGUNDOS
    while time.monotonic() < fim and processo.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", porta), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("o emulador não subiu")
