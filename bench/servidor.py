"""``tiss-gateway serve`` como processo, e o que o sistema diz que ele gastou."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESPERA_SEGUNDOS = 60
_TIQUES = os.sysconf("SC_CLK_TCK")


class NaoSubiu(Exception):
    """O gateway não ficou pronto; a mensagem traz o fim do seu registro."""


@dataclass(frozen=True, slots=True)
class Servidor:
    """Um gateway no ar.

    Attributes:
        pid: do processo principal.
        porta: TCP, em 127.0.0.1.
    """

    pid: int
    porta: int

    def processador(self) -> float:
        """Segundos de processador, de usuário e de sistema, do servidor e dos seus processos."""
        return sum(_tiques(pid) for pid in self._todos()) / _TIQUES

    def pico_de_memoria(self) -> float:
        """O maior pico de memória residente entre os processos, em MiB, desde ``zerar_pico``."""
        return max(memoria_de(pid, "VmHWM") for pid in self._todos())

    def memoria(self) -> float:
        """A maior memória residente de agora entre os processos, em MiB."""
        return max(memoria_de(pid, "VmRSS") for pid in self._todos())

    def zerar_pico(self) -> None:
        """Recomeça a contagem do pico, onde o sistema deixa."""
        for pid in self._todos():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")

    def _todos(self) -> list[int]:
        filhos = [
            int(filho)
            for tarefa in Path(f"/proc/{self.pid}/task").glob("*/children")
            for filho in tarefa.read_text(encoding="ascii").split()
        ]
        return [self.pid, *filhos]


def _tiques(pid: int) -> int:
    campos = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    usuario, sistema = campos[11:13]
    return int(usuario) + int(sistema)


def memoria_de(pid: int, campo: str) -> float:
    """Um campo de memória de ``/proc/PID/status``, em MiB; zero se não o há."""
    for linha in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if linha.startswith(f"{campo}:"):
            return int(linha.split()[1]) / 1024
    return 0.0


@contextmanager
def no_ar(url: str, processos: int, **ajustes: str) -> Iterator[Servidor]:
    """Sobe um gateway sobre um banco e o para ao sair.

    Args:
        url: o banco.
        processos: quantos atendem.
        ajustes: variáveis de ambiente a mais.

    Raises:
        NaoSubiu: se não ficou pronto.
    """
    ambiente = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
    ambiente |= {"TISS_GATEWAY_DATABASE__URL": url, **ajustes}
    comando = [sys.executable, "-c", "from gateway.linha_de_comando import main; main()", "serve"]
    with tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta:
        ambiente["TISS_GATEWAY_ARCHIVE__KEY_FILE"] = f"{pasta}/arquivo.chaves"
        ambiente["TISS_GATEWAY_ARCHIVE__HEAD_FILE"] = f"{pasta}/arquivo.cabeca"
        registro = Path(pasta) / "registro"
        with registro.open("wb") as saida:
            processo = subprocess.Popen(
                [*comando, "--port", "0", "--workers", str(processos)],
                env=ambiente,
                stdout=saida,
                stderr=saida,
            )
        try:
            yield Servidor(processo.pid, _esperar(processo, registro, processos))
        finally:
            processo.terminate()
            try:
                processo.wait(timeout=30)
            except subprocess.TimeoutExpired:
                processo.kill()
                processo.wait()


def _esperar(processo: subprocess.Popen[bytes], registro: Path, processos: int) -> int:
    """Espera que o registro diga o endereço e que todos os processos estão prontos."""
    fim = time.monotonic() + _ESPERA_SEGUNDOS
    while time.monotonic() < fim and processo.poll() is None:
        eventos = _eventos(registro)
        prontos = sum(e.get("event") == "processo pronto" for e in eventos)
        endereco = next((e["endereco"] for e in eventos if e.get("event") == "escutando"), None)
        if endereco is not None and prontos == processos:
            return int(endereco.rpartition(":")[2])
        time.sleep(0.05)
    fim_do_registro = registro.read_text("utf-8", "replace").splitlines()[-5:]
    raise NaoSubiu(" | ".join(fim_do_registro))


def _eventos(registro: Path) -> list[dict[str, str]]:
    eventos = []
    for linha in registro.read_text("utf-8", "replace").splitlines():
        with suppress(json.JSONDecodeError):
            eventos.append(json.loads(linha))
    return eventos
