"""Uma instalação descartável: os seus comandos, o seu servidor, o seu arquivo de mensagens."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gateway.comandos.comum import Recusado
from gateway.demonstracao.fala import passo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ESPERA = 60.0
_PROGRAMA = (sys.executable, "-m", "gateway")
_SELAGENS = 10


class Instalacao:
    """O programa configurado para uma pasta vazia, numa porta livre.

    Args:
        pasta: onde ficam o banco, as chaves e o registro.
    """

    def __init__(self, pasta: Path) -> None:
        self._registro = pasta / "gateway.log"
        porta = _porta_livre()
        self._base = f"http://127.0.0.1:{porta}"
        limpo = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
        self._ambiente = limpo | {
            "TISS_GATEWAY_DATABASE__URL": f"sqlite:///{pasta / 'demo.db'}",
            "TISS_GATEWAY_ARCHIVE__KEY_FILE": str(pasta / "arquivo.chaves"),
            "TISS_GATEWAY_ARCHIVE__HEAD_FILE": str(pasta / "arquivo.cabeca"),
            "TISS_GATEWAY_DOCUMENTS__FOLDER": str(pasta / "documentos"),
            # quem olha a demonstração não espera o minuto de costume
            "TISS_GATEWAY_ARCHIVE__SEAL_SECONDS": "1",
            "TISS_GATEWAY_SERVER__PORT": str(porta),
            "TISS_GATEWAY_LOG__LEVEL": "info",
        }

    def comando(self, *argumentos: str, entrada: str = "") -> str:
        """Executa um comando do programa e dá o que ele escreveu.

        Raises:
            Recusado: se o comando não deu certo.
        """
        feito = subprocess.run(  # noqa: S603 - o próprio programa
            [*_PROGRAMA, *argumentos], env=self._ambiente, check=False, text=True, input=entrada,
            capture_output=True,
        )  # fmt: skip
        if feito.returncode:
            nome = " ".join(argumentos[:2])
            raise Recusado(f"o comando {nome} falhou: {feito.stderr.strip()}")
        return feito.stdout

    @contextmanager
    def servidor(self) -> Iterator[str]:
        """O servidor no ar; dá a raiz dos seus endereços.

        Raises:
            Recusado: se não subiu.
        """
        with self._registro.open("wb") as saida:
            processo = subprocess.Popen(  # noqa: S603 - o próprio programa
                [*_PROGRAMA, "serve"], env=self._ambiente, stderr=saida, stdout=saida
            )
            try:
                self._esperar(processo)
                yield self._base
            finally:
                processo.terminate()
                try:
                    processo.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    processo.kill()
                    processo.wait()

    def conferir_arquivo(self) -> None:
        """Espera que tudo se sele e confere o arquivo de mensagens.

        Raises:
            Recusado: se o arquivo não confere, ou se algo não se selou.
        """
        passo("Conferindo o arquivo de mensagens, já selado: archive verify")
        for _ in range(_SELAGENS):
            dados: dict[str, Any] = json.loads(self.comando("archive", "verify", "--json"))
            if not dados["porSelar"]:
                click.echo(f"  tudo confere: {dados['seladas']} mensagens, todas seladas")
                return
        raise Recusado(f"{dados['porSelar']} mensagens continuam por selar")

    def manter(self) -> None:
        """Não volta até Ctrl+C."""
        click.echo(f"O gateway continua em {self._base}; Ctrl+C para parar.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            click.echo()

    def _esperar(self, processo: subprocess.Popen[bytes]) -> None:
        fim = time.monotonic() + _ESPERA
        while time.monotonic() < fim and processo.poll() is None:
            try:
                with urllib.request.urlopen(f"{self._base}/health/ready", timeout=2):  # noqa: S310 - loopback
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        ultimas: Sequence[str] = self._registro.read_text("utf-8", "replace").splitlines()[-5:]
        raise Recusado("o gateway não subiu: " + " | ".join(ultimas))


def _porta_livre() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
