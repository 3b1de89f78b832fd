"""O que se pede a quem guarda arquivos, seja uma pasta ou um armazém na rede."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from persistence.cifra import Cifra


class ArquivoAusente(LookupError):
    """Não há arquivo com essa chave."""


class ArquivoEstragado(Exception):
    """O arquivo não é o que se guardou: truncado, alterado ou trocado por outro."""


class DepositoSemResposta(OSError):
    """O depósito está na rede e não respondeu, ou recusou; ``strerror`` diz o motivo."""

    def __init__(self, motivo: str) -> None:
        super().__init__(errno.EIO, motivo)


class Arquivos(Protocol):
    """Guarda conteúdos que nunca mudam; a chave vem do próprio conteúdo.

    Qualquer método levanta ``OSError`` se o depósito não se alcança; o que está na rede,
    ``DepositoSemResposta``.
    """

    def guardar(self, chave: str, conteudo: bytes, cifra: Cifra | None) -> None:
        """Guarda um conteúdo inteiro ou nada; repara o que esteja estragado no lugar dele.

        Raises:
            OSError: não se pôde guardar.
            persistence.cifra.ChavesInvalidas: o arquivo de chaves não serve.
        """

    def abrir(self, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
        """O conteúdo em partes de até 1 MiB, à medida que se lê.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou, ou está às claras onde se cifra.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """

    def existe(self, chave: str) -> bool:
        """Se há arquivo com a chave."""

    def recifrar(self, chave: str, cifra: Cifra) -> bool:
        """Passa um arquivo para a chave em uso, salvo se já está nela; serve com o gateway no ar.

        O novo entra inteiro no lugar do velho: interrompido, fica o velho.

        Returns:
            Se mudou.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou; fica como está.
            OSError: não se pôde escrever.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """

    def todas(self) -> Iterator[str]:
        """As chaves de tudo o que se guardou inteiro."""

    def chaves(self, *, paradas_ha: float) -> Iterator[str]:
        """As chaves do que se guardou e em que ninguém toca há tantos segundos."""

    def apagar(self, chave: str, *, parado_ha: float) -> bool:
        """Apaga um arquivo, salvo se alguém o tocou há menos segundos que isso."""


def chave(operadora_id: int, sha256: str) -> str:
    """A chave de um conteúdo: cada operadora tem os seus, mesmo iguais aos de outra."""
    return f"{operadora_id:d}/{sha256[:2]}/{sha256}"
