"""Dois gateways em endereços diferentes, um principal com réplica, e um balanceador na frente."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

from acceptance.servidor import Servidor
from sqlalchemy import select

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Callable

_NGINX = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "nginx.conf"
_ESPERA = 60.0


class SemBalanceador(Exception):
    """O balanceador não está nesta máquina."""


class No:
    """Um ``tiss-gateway serve`` num endereço de loopback seu."""

    def __init__(self, endereco: str, pasta: Path, ambiente: dict[str, str]) -> None:
        self.endereco = endereco
        self.porta = porta_livre(endereco)
        self._pasta = pasta
        self._registro = pasta / f"no-{endereco}.log"
        self._ambiente = ambiente
        self.processo: subprocess.Popen[bytes] | None = None

    @property
    def onde(self) -> str:
        return f"{self.endereco}:{self.porta}"

    def iniciar(self) -> None:
        self.comecar()
        self.esperar_pronto()

    def esperar_pronto(self) -> None:
        esperar(lambda: self.vivo() and self.pronto()[0] == 200, "o nó não fica pronto")

    def vivo(self) -> bool:
        assert self.processo is not None
        assert self.processo.poll() is None, self._registro.read_text("utf-8", "replace")
        return True

    def comecar(self) -> None:
        with self._registro.open("ab") as saida:
            self.processo = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve", "--host", self.endereco,
                 "--port", str(self.porta)],
                env=self._ambiente, cwd=self._pasta, stdout=saida, stderr=saida,
            )  # fmt: skip

    def matar(self) -> None:
        if self.processo is not None:
            self.processo.kill()
            self.processo.wait()

    def parar(self) -> None:
        """Com calma: as mensagens em curso acabam."""
        if self.processo is not None and self.processo.poll() is None:
            self.processo.send_signal(signal.SIGTERM)
            assert self.processo.wait(timeout=40) == 0

    def pronto(self) -> tuple[int, dict[str, Any]]:
        """O que a prontidão diz; sem resposta, 0."""
        try:
            with urllib.request.urlopen(f"http://{self.onde}/health/ready", timeout=10) as r:
                return r.status, json.load(r)
        except HTTPError as erro:
            with erro:
                return erro.code, json.load(erro)
        except (URLError, OSError):
            return 0, {}

    def metrica(self, nome: str) -> float:
        """A soma de uma métrica deste nó."""
        with urllib.request.urlopen(f"http://{self.onde}/metrics", timeout=10) as r:
            linhas = r.read().decode().splitlines()
        return sum(float(x.rpartition(" ")[2]) for x in linhas if x.startswith(nome))


class Cluster(Servidor):
    """Dois nós e o balanceador; enviar-lhe é enviar ao balanceador.

    Args:
        url: a base, no principal.
        replica: a mesma, na réplica.
        pasta: chaves, documentos e registros de todos.
    """

    def __init__(self, url: str, replica: str, pasta: Path) -> None:
        super().__init__(
            url, pasta,
            TISS_GATEWAY_DATABASE__REPLICA_URL=replica,
            TISS_GATEWAY_SERVER__TRUSTED_PROXIES='["127.0.0.0/8"]',
            TISS_GATEWAY_JOBS__LEASE="2",
        )  # fmt: skip
        self.nos = [No(f"127.0.0.{n}", pasta, self._ambiente) for n in (2, 3)]
        self._balanceador: subprocess.Popen[bytes] | None = None

    def ligar(self) -> None:
        """Inicia os nós, o segundo quando o primeiro já criou as chaves."""
        um, dois = self.nos
        um.comecar()
        chaves = self.pasta / "chaves" / "arquivo.chaves"
        esperar(lambda: um.vivo() and chaves.exists(), "o nó não cria as chaves")
        dois.comecar()
        for no in self.nos:
            no.esperar_pronto()

    def desligar(self) -> None:
        """Sem calma: já nada importa."""
        if self._balanceador is not None:
            self._balanceador.terminate()
            self._balanceador.wait(timeout=20)
        for no in self.nos:
            no.matar()
        self.banco.fechar()

    def balancear(self) -> None:
        """Põe o nginx na frente dos nós.

        Raises:
            SemBalanceador: não está nesta máquina.
        """
        programa = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if programa is None:
            raise SemBalanceador("não há nginx nesta máquina")
        with (self.pasta / "nginx.log").open("ab") as saida:
            self._balanceador = subprocess.Popen(
                [programa, *self._nginx()], cwd=self.pasta, stdout=saida, stderr=saida
            )
        esperar(lambda: _escuta(self.porta), "o nginx não escuta")

    def dono_dos_trabalhos(self) -> No | None:
        """O nó que tem a posse dos trabalhos, se ainda vale."""
        with self.banco.leitura() as conn:
            dono = conn.execute(select(tabelas.posse.c.dono)).scalar()
        pid = int(dono.split("/")[1]) if dono else 0
        return next((n for n in self.nos if n.processo and n.processo.pid == pid), None)

    def _nginx(self) -> list[str]:
        """A configuração de deploy/, com estes nós, sem TLS e em portas livres."""
        texto = _NGINX.read_text("utf-8")
        for nome, no in zip(("gateway1:8080", "gateway2:8080"), self.nos, strict=True):
            texto = texto.replace(nome, no.onde)
        texto = texto.replace("/tmp/nginx", f"{self.pasta}/nginx")
        texto = re.sub(r"^.*\bssl_.*$", "", texto, flags=re.MULTILINE)
        for antes, depois in (("8080", 0), ("8443 ssl", self.porta), ("9443 ssl", 0)):
            onde = f"127.0.0.1:{depois or porta_livre('127.0.0.1')}"
            texto = texto.replace(f"listen {antes};", f"listen {onde};")
        arquivo = self.pasta / "nginx.conf"
        arquivo.write_text(texto, "utf-8")
        # o usuário comum do nginx não entra na pasta dos testes
        extras = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        return ["-p", str(self.pasta), "-c", str(arquivo), "-g", extras]


def esperar(o_que: Callable[[], object], senao: str) -> None:
    fim = time.monotonic() + _ESPERA
    while not o_que():
        assert time.monotonic() < fim, senao
        time.sleep(0.05)


def porta_livre(endereco: str) -> int:
    with socket.socket() as s:
        s.bind((endereco, 0))
        return int(s.getsockname()[1])


def _escuta(porta: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", porta)) == 0
