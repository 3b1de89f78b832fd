"""Uma regra: um erro da tabela e a função que diz onde ele está."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from dominio.erros import Nivel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dominio.erros import Erro

E = TypeVar("E")


class Unidade(StrEnum):
    """Em que se conta a tolerância de uma regra."""

    CENTAVOS_POR_ITEM = "centavos por item"
    DIAS = "dias"


class Tolerancia(NamedTuple):
    """Quanto uma regra deixa passar.

    Attributes:
        unidade: do número.
        padrao: o que vale se ninguém o muda; ausente, a regra cala-se até que a operadora o diga.
    """

    unidade: Unidade
    padrao: int | None


class Achado(NamedTuple):
    """Um lugar em que uma regra falha.

    Attributes:
        guia: posição no lote, a partir de 1; ausente se é do lote inteiro.
        item: posição na guia, a partir de 1; ausente se é da guia inteira.
        detalhe: frase que se junta ao texto da regra, sem valores da mensagem.
    """

    guia: int | None = None
    item: int | None = None
    detalhe: str | None = None


@dataclass(frozen=True, slots=True)
class Regra(Generic[E]):
    """Uma regra sobre um exame, que é o pedido e o que se sabe dele.

    Attributes:
        erro: chave, texto, código de cada versão e nível padrão.
        conferir: recebe o exame e a tolerância em vigor; dá cada lugar em que a regra falha.
        tolerancia: quando a regra tem uma.
        fixa: o nível não se muda: sem ela o que se grava ou responde não estaria certo.
    """

    erro: Erro
    conferir: Callable[[E, int | None], Iterable[Achado]]
    tolerancia: Tolerancia | None = None
    fixa: bool = False

    @property
    def chave(self) -> str:
        """Nome estável da regra."""
        return self.erro.chave


NIVEIS = tuple(nivel for nivel in Nivel if nivel is not Nivel.MENSAGEM)
"""Os níveis que uma regra pode ter."""
