"""``tiss-gateway`` chamado dentro do teste, com o banco que o teste quiser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gateway.linha_de_comando import main

if TYPE_CHECKING:
    from pathlib import Path


class Saida(NamedTuple):
    """O que um comando escreveu e com que código saiu."""

    codigo: int
    texto: str
    erro: str

    @property
    def dados(self) -> Any:
        """A saída, que é JSON."""
        return json.loads(self.texto)


class Terminal:
    """Executa comandos.

    Args:
        ambiente: para as variáveis de configuração.
        captura: de onde se lê o que se escreveu.
        pasta: onde os comandos rodam, sem arquivo de configuração.
    """

    def __init__(
        self, ambiente: pytest.MonkeyPatch, captura: pytest.CaptureFixture[str], pasta: Path
    ) -> None:
        self._ambiente = ambiente
        self._captura = captura
        ambiente.chdir(pasta)
        ambiente.delenv("TISS_GATEWAY_CONFIG", raising=False)

    def usar(self, url: str) -> Terminal:
        """Passa a usar um banco."""
        self._ambiente.setenv("TISS_GATEWAY_DATABASE__URL", url)
        return self

    def __call__(self, *argumentos: str) -> Saida:
        """Executa um comando."""
        with pytest.raises(SystemExit) as saiu:
            main(argumentos)
        escrito = self._captura.readouterr()
        return Saida(int(saiu.value.code or 0), escrito.out, escrito.err)
