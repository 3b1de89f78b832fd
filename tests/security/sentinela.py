"""Guardas do sistema operacional: quem abre um arquivo, quem liga a uma porta, quanta memória.

O que a libxml2 faz em C não passa pelos ganchos do Python: o arquivo é vigiado por inotify e a
porta é um soquete que escuta.
"""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from security.ataques import Iscas

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024
"""Em KiB, a unidade de ``/proc``."""
_ABERTO_OU_LIDO = 0x20 | 0x01
SEGREDO = "CANARIO-QUE-NINGUEM-LE"


class Sentinela:
    """Um arquivo e uma porta em que ninguém deve tocar.

    Args:
        pasta: onde o arquivo fica.
    """

    def __init__(self, pasta: Path) -> None:
        self.arquivo = pasta / "canario.txt"
        self.arquivo.write_text(SEGREDO, encoding="utf-8")
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            pytest.skip("este sistema não tem inotify para vigiar o arquivo")
        self._aviso = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        vigiado = os.fsencode(self.arquivo)
        assert libc.inotify_add_watch(self._aviso, vigiado, _ABERTO_OU_LIDO) >= 0
        self._porta = socket.create_server(("127.0.0.1", 0), backlog=50)
        self._porta.setblocking(False)

    @property
    def iscas(self) -> Iscas:
        return Iscas(self.arquivo.as_uri(), int(self._porta.getsockname()[1]))

    def tocaram_no_arquivo(self) -> bool:
        """Diz se alguém o abriu ou leu desde a última pergunta."""
        try:
            return os.read(self._aviso, 65536) != b""
        except BlockingIOError:
            return False

    def ligaram(self) -> bool:
        """Diz se alguém ligou à porta desde a última pergunta."""
        try:
            conexao, _ = self._porta.accept()
        except BlockingIOError:
            return False
        conexao.close()
        return True

    def fechar(self) -> None:
        self._porta.close()
        os.close(self._aviso)


def _memoria(pid: int, campo: str) -> int:
    for linha in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if linha.startswith(f"{campo}:"):
            return int(linha.split()[1])
    raise LookupError(campo)


@contextmanager
def memoria_limitada(pid: int, limite: int = 300 * MIB) -> Iterator[None]:
    """Confere que o pico de memória de um processo não sobe mais do que o limite.

    Args:
        pid: o processo.
        limite: KiB acima do que ele já ocupa.
    """
    try:
        # cinco zera o pico que o núcleo guarda
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pytest.skip("este sistema não deixa zerar o pico de memória em /proc")
    antes = _memoria(pid, "VmRSS")
    yield
    cresceu = _memoria(pid, "VmHWM") - antes
    assert cresceu < limite, f"a memória subiu {cresceu // MIB} MiB"
