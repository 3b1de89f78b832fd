"""Que versões e arquivos de esquema estão instalados, e de onde vêm."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dominio.versoes import ordem, tem_forma
from tiss_xsd import conhecidos, pasta
from tiss_xsd.conhecidos import ASSINATURA as ARQUIVO_ASSINATURA

if TYPE_CHECKING:
    from tiss_xsd.pasta import Instalado

RAIZ = Path(__file__).parent
"""Pasta que tem uma subpasta por versão, com o nome na forma do elemento ``Padrao``."""

_da_pasta: dict[str, Instalado] = {}
# o que o operador instalou, dito por usar_pasta; vale por cima do embutido da mesma versão


class ArquivoDesconhecido(LookupError):
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
        situacao: ``embutido``, que veio com o projeto, ou ``instalado`` pelo operador.
        conhecido: se o arquivo do pacote era, byte por byte, o da ANS; ``None`` nos embutidos, que
            são redação própria.
    """

    nome: str
    sha256: str
    tamanho: int
    origem: str
    situacao: str
    conhecido: bool | None


def definir(instalados: dict[str, Instalado]) -> bool:
    """Troca o que o operador instalou; falso se já era isso.

    Só serve a :func:`tiss_xsd.usar_pasta`, que também esquece o que se compilou.
    """
    global _da_pasta  # noqa: PLW0603 - o catálogo é do processo, como os arquivos que lista
    if instalados == _da_pasta:
        return False
    _da_pasta = instalados
    _instalados.cache_clear()
    return True


@cache
def _instalados() -> dict[str, dict[str, Path]]:
    # só o que foi listado aqui pode ser lido: um nome com ``..`` ou ``/`` nunca está no mapa
    embutidos = {
        p.name: {a.name: a for a in sorted(p.glob("*.xsd"))}
        for p in RAIZ.iterdir()
        if p.is_dir() and tem_forma(p.name)
    }
    instalados = {
        versao: {nome: arquivo.caminho for nome, arquivo in sorted(conjunto.arquivos.items())}
        for versao, conjunto in _da_pasta.items()
    }
    todos = embutidos | instalados
    return {versao: todos[versao] for versao in sorted(todos, key=ordem)}


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
    """Conteúdo de um arquivo de esquema, na codificação que ele declara.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada ou não tem esse arquivo.
    """
    try:
        caminho = _da_versao(versao)[nome]
    except KeyError:
        raise ArquivoDesconhecido(versao, nome) from None
    return caminho.read_bytes()


def procedencia(versao: str) -> tuple[Procedencia, ...]:
    """O que se sabe de cada arquivo de uma versão.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada.
    """
    return tuple(_procedencia(versao, nome, ler(versao, nome)) for nome in arquivos(versao))


def alterados(versao: str) -> tuple[str, ...]:
    """Nomes dos arquivos instalados que já não são como foram instalados."""
    return pasta.alterados(_da_pasta[versao]) if versao in _da_pasta else ()


def _procedencia(versao: str, nome: str, conteudo: bytes) -> Procedencia:
    resumo = pasta.sha256(conteudo)
    if (conjunto := _da_pasta.get(versao)) is not None:
        conhecido = conhecidos.arquivo(versao, nome, conjunto.arquivos[nome].original)
        origem = f"pacote {conjunto.pacote}"
        return Procedencia(nome, resumo, len(conteudo), origem, "instalado", conhecido)
    origem = (
        "componentes do esquema XML-DSig do W3C, em redação própria"
        if nome == ARQUIVO_ASSINATURA
        else f"componente de comunicação {versao} da ANS, em redação própria"
    )
    return Procedencia(nome, resumo, len(conteudo), origem, "embutido", None)
