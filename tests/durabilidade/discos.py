"""Um disco pequeno que se enche e esvazia, onde se pode montar um."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PEDACO = 65_536


class SemDisco(Exception):
    """Aqui não se pode montar; a mensagem diz por quê."""


class DiscoPequeno:
    """Um tmpfs com tamanho.

    Args:
        pasta: onde se monta; criada aqui.
        mib: tamanho.
        dono: usuário do sistema a quem a raiz dele pertence.

    Raises:
        SemDisco: se não se pode montar.
    """

    def __init__(self, pasta: Path, mib: int, dono: str | None = None) -> None:
        self.pasta = pasta
        pasta.mkdir()
        opcoes = f"size={mib}m,mode=700" + (f",uid={dono}" if dono else "")
        try:
            _rodar("mount", "-t", "tmpfs", "-o", opcoes, "tmpfs", str(pasta))
        except (OSError, subprocess.CalledProcessError) as erro:
            raise SemDisco(f"não se pode montar um tmpfs: {erro}") from erro

    def encher(self) -> None:
        """Ocupa tudo o que resta, até ao último pedaço."""
        with (self.pasta / "enchimento").open("ab", buffering=0) as saida:
            try:
                while saida.write(b"\0" * _PEDACO):
                    pass
            except OSError:
                return

    def esvaziar(self) -> None:
        """Solta o que ``encher`` ocupou."""
        (self.pasta / "enchimento").unlink(missing_ok=True)

    def desmontar(self) -> None:
        """Desmonta, ainda que algum processo o tenha aberto."""
        _rodar("umount", "-l", str(self.pasta))


def _rodar(*comando: str) -> None:
    subprocess.run(comando, check=True, capture_output=True, timeout=30)
