"""Processos do gateway que nascem de um só, que já importou tudo.

Começar ``python -m gateway`` custa segundos de processador só para importar, e os testes de
aceitação começam mais de cem. Aqui um processo importa uma vez e cada comando é um ``fork`` seu:
processo próprio, com o seu ambiente, pasta, saídas, sinais e código de saída, em que ``main`` corre
do começo ao fim. O que só um interpretador novo mostra (variáveis ``PYTHON*``, o comando instalado)
não passa por aqui.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TESTES = str(Path(__file__).resolve().parents[1])
_MODULOS = ("gateway.linha_de_comando", "gateway.servidor", "gateway.simulador.servico")
_COMECO = """
import sys
sys.path[0] = sys.argv[1]
from acceptance.viveiro import _criar
_criar(int(sys.argv[2]))
"""
_MAIOR_PEDIDO = 1 << 20


class Processo:
    """Um comando em curso; tem de ``subprocess.Popen`` o que os testes usam.

    Attributes:
        pid: o do processo.
        returncode: com que saiu, negativo se por um sinal; ``None`` enquanto corre.
    """

    def __init__(self, args: Sequence[str], pid: int, canal: socket.socket) -> None:
        self.args = args
        self.pid = pid
        self.returncode: int | None = None
        self._canal = canal

    def poll(self) -> int | None:
        """O código de saída, se já saiu."""
        return self._ler(0)

    def wait(self, timeout: float | None = None) -> int:
        """Espera que saia.

        Raises:
            subprocess.TimeoutExpired: não saiu em ``timeout`` segundos.
        """
        codigo = self._ler(timeout)
        if codigo is None:
            raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        return codigo

    def send_signal(self, sinal: int) -> None:
        """Manda um sinal, se ainda corre."""
        if self.poll() is None:
            os.kill(self.pid, sinal)

    def kill(self) -> None:
        """Mata."""
        self.send_signal(signal.SIGKILL)

    def _ler(self, prazo: float | None) -> int | None:
        if self.returncode is None and select.select([self._canal], [], [], prazo)[0]:
            texto = self._canal.recv(64)
            self._canal.close()
            assert texto, "o viveiro de processos acabou"
            self.returncode = int(texto)
        return self.returncode


class _Viveiro:
    def __init__(self) -> None:
        self._canal, dele = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with dele:
            self._processo = subprocess.Popen(
                [sys.executable, "-c", _COMECO, _TESTES, str(dele.fileno())],
                pass_fds=[dele.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        self._vez = threading.Lock()
        atexit.register(self._fechar)

    def _fechar(self) -> None:
        self._canal.close()
        self._processo.wait()

    def abrir(
        self, argumentos: Sequence[str], ambiente: Mapping[str, str], pasta: Path, saidas: list[int]
    ) -> Processo:
        campos = [str(pasta), str(len(argumentos)), *argumentos]
        campos += [f"{nome}={valor}" for nome, valor in ambiente.items()]
        nosso, dele = socket.socketpair()
        with self._vez, dele:
            socket.send_fds(self._canal, ["\0".join(campos).encode()], [dele.fileno(), *saidas])
            pid = int(self._canal.recv(64) or 0)
        assert pid, "o viveiro de processos não começou"
        return Processo(["tiss-gateway", *argumentos], pid, nosso)


@cache
def _viveiro() -> _Viveiro:
    return _Viveiro()


def abrir(
    argumentos: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdout: IO[bytes],
    stderr: IO[bytes] | None = None,
) -> Processo | subprocess.Popen[bytes]:
    """Começa ``tiss-gateway`` com os argumentos; sem ``stderr``, os erros vão à mesma saída."""
    erros = stdout if stderr is None else stderr
    nossas = {k: v for k, v in os.environ.items() if k.startswith("PYTHON")}
    if nossas != {k: v for k, v in env.items() if k.startswith("PYTHON")}:
        return subprocess.Popen(
            [sys.executable, "-m", "gateway", *argumentos],
            env=dict(env), cwd=cwd, stdout=stdout, stderr=erros,
        )  # fmt: skip
    return _viveiro().abrir(argumentos, env, cwd, [stdout.fileno(), erros.fileno()])


def executar(
    argumentos: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Executa um comando até o fim e dá o que escreveu.

    Raises:
        subprocess.TimeoutExpired: não acabou em ``timeout`` segundos; é morto.
    """
    with tempfile.TemporaryFile() as saida, tempfile.TemporaryFile() as erros:
        processo = abrir(argumentos, env=env, cwd=cwd, stdout=saida, stderr=erros)
        try:
            codigo = processo.wait(timeout)
        except subprocess.TimeoutExpired:
            processo.kill()
            processo.wait()
            raise
        saida.seek(0)
        erros.seek(0)
        return subprocess.CompletedProcess(
            list(argumentos), codigo, saida.read().decode(), erros.read().decode()
        )


def _criar(canal_fd: int) -> None:
    """O processo de que os outros nascem: acaba quando quem o começou acaba."""
    for nome in _MODULOS:
        importlib.import_module(nome)
    assert threading.active_count() == 1
    gc.freeze()
    leitura, escrita = os.pipe()
    os.set_blocking(escrita, False)
    signal.set_wakeup_fd(escrita)
    antes = signal.signal(signal.SIGCHLD, lambda *_: None)
    canal = socket.socket(fileno=canal_fd)
    filhos: dict[int, socket.socket] = {}
    while True:
        prontos, _, _ = select.select([canal.fileno(), leitura], [], [])
        if leitura in prontos:
            os.read(leitura, 4096)
            _recolher(filhos)
        if canal_fd not in prontos:
            continue
        pedido, fds, _, _ = socket.recv_fds(canal, _MAIOR_PEDIDO, 3)
        if not pedido:
            _acabar(filhos)
            return
        pid = os.fork()
        if not pid:
            break
        filhos[pid] = socket.socket(fileno=fds[0])
        for fd in fds[1:]:
            os.close(fd)
        canal.send(str(pid).encode())
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, antes)
    for fd in (leitura, escrita, fds[0]):
        os.close(fd)
    for aberto in (canal, *filhos.values()):
        aberto.close()
    _ser(pedido.decode(), fds[1:])


def _recolher(filhos: dict[int, socket.socket]) -> None:
    while filhos:
        pid, situacao = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with filhos.pop(pid) as canal:
            canal.send(str(os.waitstatus_to_exitcode(situacao)).encode())


def _acabar(filhos: dict[int, socket.socket]) -> None:
    """Uma sessão interrompida não deixa servidores atrás de si."""
    for pid in filhos:
        os.kill(pid, signal.SIGTERM)


def _ser(pedido: str, saidas: list[int]) -> None:
    """Passa a ser o comando pedido."""
    pasta, quantos, *resto = pedido.split("\0")
    argumentos, ambiente = resto[: int(quantos)], resto[int(quantos) :]
    for numero, fd in enumerate(saidas, 1):
        os.dup2(fd, numero)
        os.close(fd)
    os.chdir(pasta)
    os.environ.clear()
    for campo in ambiente:
        nome, _, valor = campo.partition("=")
        os.environ[nome] = valor
    # o guardado é o do ambiente de antes
    tempfile.tempdir = None
    principal: Any = importlib.import_module("gateway.linha_de_comando").main
    principal(argumentos)
