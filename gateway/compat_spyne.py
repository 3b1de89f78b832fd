"""Faz o Spyne 2.14 importar em Python 3.12 e 3.13; importe antes de ``spyne``.

O Spyne embute uma cópia antiga do ``six`` cujo importador não tem ``find_spec``: exigido desde o
Python 3.12, um aviso no 3.11. O módulo ``cgi``, retirado no 3.13, vem do pacote ``legacy-cgi``.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

_NOME = "spyne.util.six"


def _carregar_six() -> ModuleType:
    pacote = importlib.util.find_spec("spyne")
    assert pacote is not None  # noqa: S101 - dependência do projeto
    assert pacote.origin is not None  # noqa: S101
    caminho = Path(pacote.origin).parent / "util" / "six.py"
    spec = importlib.util.spec_from_file_location(_NOME, caminho)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    modulo = importlib.util.module_from_spec(spec)
    sys.modules[_NOME] = modulo
    spec.loader.exec_module(modulo)
    return modulo


def _dar_find_spec(importador: type[Any]) -> None:
    def find_spec(self: Any, nome: str, _caminho: object = None, _alvo: object = None) -> Any:
        if nome in self.known_modules:
            return importlib.util.spec_from_loader(nome, self)
        return None

    importador.find_spec = find_spec
    importador.create_module = lambda self, spec: self.load_module(spec.name)
    importador.exec_module = lambda _self, _modulo: None


def preparar() -> None:
    """Deixa ``import spyne`` pronto para funcionar; repetir não muda nada."""
    warnings.filterwarnings("ignore", message="'cgi' is deprecated", category=DeprecationWarning)
    if "spyne" in sys.modules:
        return
    importador = type(_carregar_six()._importer)  # noqa: SLF001
    if not hasattr(importador, "find_spec"):
        _dar_find_spec(importador)


preparar()
