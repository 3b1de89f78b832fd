"""Os resumos dos pacotes e arquivos que a ANS publicou e este projeto viu.

Um conteúdo fora da lista não é falso: pode ser mais novo que o projeto. É dito desconhecido.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

ASSINATURA = "xmldsig-core-schema.xsd"
"""O único esquema que não é do TISS: o das assinaturas XML do W3C."""


@cache
def _tabela() -> dict[str, dict[str, str] | dict[str, dict[str, str]]]:
    texto = resources.files("tiss_xsd").joinpath("conhecidos.json").read_text(encoding="utf-8")
    tabela: dict[str, dict[str, str] | dict[str, dict[str, str]]] = json.loads(texto)
    return tabela


def pacote(sha256: str) -> str | None:
    """Nome por que se conhece um pacote, ou um zip de dentro de um; ``None`` se desconhecido."""
    nome = _tabela()["pacotes"].get(sha256)
    return nome if isinstance(nome, str) else None


def _da_versao(versao: str) -> dict[str, str]:
    arquivos = _tabela()["arquivos"].get(versao, {})
    return arquivos if isinstance(arquivos, dict) else {}


def arquivo(versao: str, nome: str, sha256: str) -> bool:
    """Diz se o arquivo é, byte por byte, o da ANS nessa versão."""
    return _da_versao(versao).get(nome) == sha256


@cache
def _assinaturas() -> frozenset[str]:
    return frozenset(_da_versao(v)[ASSINATURA] for v in _tabela()["arquivos"])


def assinatura(sha256: str) -> bool:
    """Diz se o conteúdo é o do esquema de assinaturas que acompanha os pacotes da ANS."""
    return sha256 in _assinaturas()
