"""O que as páginas usam e nunca muda enquanto o programa corre: estilo, programa, htmx."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from backoffice.console.seguranca import RAIZ

_TIPOS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_NOMES = ("console.css", "console.js", "icone.svg", "vendor/htmx-2.0.11.min.js")


class Estatico(NamedTuple):
    """Um arquivo servido.

    Attributes:
        tipo: ``Content-Type``.
        dados: o conteúdo.
        comprimido: o mesmo em gzip.
        versao: começo do seu SHA-256, que vai no endereço.
    """

    tipo: str
    dados: bytes
    comprimido: bytes
    versao: str


@cache
def todos() -> dict[str, Estatico]:
    """Nome -> arquivo, lidos uma vez."""
    pasta = files("backoffice.console").joinpath("static")
    return {nome: _ler(nome, pasta.joinpath(nome).read_bytes()) for nome in _NOMES}


def endereco(nome: str) -> str:
    """O endereço de um arquivo, com a sua versão: quem o guardou só o pede de novo se mudou."""
    return f"{RAIZ}/estatico/{nome}?v={todos()[nome].versao}"


def _ler(nome: str, dados: bytes) -> Estatico:
    tipo = _TIPOS[nome.rpartition(".")[2]]
    comprimido = gzip.compress(dados, mtime=0)
    return Estatico(tipo, dados, comprimido, hashlib.sha256(dados).hexdigest()[:12])
