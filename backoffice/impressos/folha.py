"""O que um impresso diz, sem dizer como: campos numerados, tabelas, textos e assinaturas.

Cada impresso se monta uma só vez; ``html`` e ``pdf`` escrevem a mesma folha, e por isso mostram as
mesmas cifras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from datetime import date


class Campo(NamedTuple):
    """Um campo com o seu rótulo.

    Attributes:
        rotulo: o nome do campo.
        texto: o valor já em forma brasileira; vazio, mostra-se o campo vazio.
        numero: o do campo no impresso do padrão.
        peso: largura em relação aos outros da mesma ficha.
    """

    rotulo: str
    texto: str
    numero: int | None = None
    peso: float = 1


class Ficha(NamedTuple):
    """Campos lado a lado; os que não cabem numa linha vão à seguinte.

    Attributes:
        titulo: o do bloco; ausente, continua o anterior.
        campos: na ordem.
        forte: se é um total, que se destaca.
    """

    titulo: str | None
    campos: tuple[Campo, ...]
    forte: bool = False


class Coluna(NamedTuple):
    """Uma coluna de tabela.

    Attributes:
        rotulo: o nome da coluna.
        peso: largura em relação às outras.
        numero: o do campo no impresso do padrão.
        direita: se os valores se alinham à direita, como os de dinheiro.
    """

    rotulo: str
    peso: float
    numero: int | None = None
    direita: bool = False


class Tabela(NamedTuple):
    """Linhas sob um cabeçalho que se repete em cada página.

    Attributes:
        titulo: o do bloco.
        colunas: da esquerda para a direita.
        linhas: os textos de cada linha, um por coluna.
        a_mao: se as linhas têm altura e traços de quem escreve à mão.
    """

    titulo: str | None
    colunas: tuple[Coluna, ...]
    linhas: tuple[tuple[str, ...], ...]
    a_mao: bool = False


class Texto(NamedTuple):
    """Um texto corrido."""

    titulo: str
    texto: str


class Assinaturas(NamedTuple):
    """Linhas para assinar, com quem assina debaixo de cada uma."""

    quem: tuple[str, ...]


Bloco: TypeAlias = Ficha | Tabela | Texto | Assinaturas


class Folha(NamedTuple):
    """Um impresso inteiro; as suas páginas contam-se de 1 ao total.

    Attributes:
        titulo: o do documento.
        nome: do arquivo, sem extensão.
        cabecalho: campos que se repetem em cada página.
        blocos: na ordem.
        emissao: dia em que se emitiu, em São Paulo.
        deitada: se o papel se usa na horizontal.
    """

    titulo: str
    nome: str
    cabecalho: tuple[Campo, ...]
    blocos: tuple[Bloco, ...]
    emissao: date
    deitada: bool = False


def rotulado(rotulo: str, numero: int | None) -> str:
    """O rótulo de um campo com o seu número, como ``13 - Código da Situação``."""
    return rotulo if numero is None else f"{numero} - {rotulo}"


def sem_numeros(bloco: Bloco) -> Bloco:
    """O bloco com os rótulos sem número, para o impresso a que o padrão não os dá."""
    match bloco:
        case Ficha():
            return bloco._replace(campos=tuple(c._replace(numero=None) for c in bloco.campos))
        case Tabela():
            return bloco._replace(colunas=tuple(c._replace(numero=None) for c in bloco.colunas))
        case _:
            return bloco
