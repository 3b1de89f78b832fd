"""Que versões e arquivos de esquema estão instalados, e de onde vêm."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dominio.versoes import ordem, tem_forma

RAIZ = Path(__file__).parent
"""Pasta que tem uma subpasta por versão, com o nome na forma do elemento ``Padrao``."""

ARQUIVO_ASSINATURA = "xmldsig-core-schema.xsd"
"""O único esquema que não é do TISS: o das assinaturas XML do W3C."""


class ArquivoDesconhecido(LookupError):  # noqa: N818 - é o nome da coisa no domínio
    """A versão não está instalada ou não tem um arquivo com esse nome."""

    def __init__(self, versao: str, nome: str | None = None) -> None:
        super().__init__(
            f"não há esquemas da versão {versao!r}"
            if nome is None
            else f"a versão {versao} não tem o arquivo {nome!r}"
        )
        self.versao = versao
        self.nome = nome


class Procedencia(NamedTuple):
    """O que se sabe de um arquivo instalado.

    Attributes:
        nome: nome do arquivo, igual ao da ANS.
        sha256: resumo do conteúdo em hexadecimal.
        tamanho: em bytes.
        origem: de onde vem o conteúdo, para pessoas.
    """

    nome: str
    sha256: str
    tamanho: int
    origem: str


@cache
def _instalados() -> dict[str, dict[str, Path]]:
    # só o que foi listado aqui pode ser lido: um nome com ``..`` ou ``/`` nunca está no mapa
    pastas = sorted(
        (p for p in RAIZ.iterdir() if p.is_dir() and tem_forma(p.name)), key=lambda p: ordem(p.name)
    )
    return {pasta.name: {a.name: a for a in sorted(pasta.glob("*.xsd"))} for pasta in pastas}


def _da_versao(versao: str) -> dict[str, Path]:
    try:
        return _instalados()[versao]
    except KeyError:
        raise ArquivoDesconhecido(versao) from None


def versoes() -> tuple[str, ...]:
    """Versões instaladas, da mais antiga para a mais nova."""
    return tuple(_instalados())


def arquivos(versao: str) -> tuple[str, ...]:
    """Nomes dos arquivos de esquema de uma versão, em ordem alfabética.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada.
    """
    return tuple(_da_versao(versao))


def ler(versao: str, nome: str) -> bytes:
    """Conteúdo de um arquivo de esquema, em UTF-8.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada ou não tem esse arquivo.
    """
    try:
        caminho = _da_versao(versao)[nome]
    except KeyError:
        raise ArquivoDesconhecido(versao, nome) from None
    return caminho.read_bytes()


def procedencia(versao: str) -> tuple[Procedencia, ...]:
    """Nome, resumo, tamanho e origem de cada arquivo de uma versão.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada.
    """
    return tuple(_procedencia(versao, nome, ler(versao, nome)) for nome in arquivos(versao))


def _procedencia(versao: str, nome: str, conteudo: bytes) -> Procedencia:
    origem = (
        "componentes do esquema XML-DSig do W3C, em redação própria"
        if nome == ARQUIVO_ASSINATURA
        else f"componente de comunicação {versao} da ANS, em redação própria"
    )
    return Procedencia(nome, hashlib.sha256(conteudo).hexdigest(), len(conteudo), origem)
