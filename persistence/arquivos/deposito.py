"""O que se pede a quem guarda arquivos; uma pasta hoje, outro depósito quando for preciso."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from persistence.cifra import Cifra


class ArquivoAusente(LookupError):
    """Não há arquivo com essa chave."""


class ArquivoEstragado(Exception):
    """O arquivo não é o que se guardou: truncado, alterado ou trocado por outro."""


class Arquivos(Protocol):
    """Guarda conteúdos que nunca mudam; a chave vem do próprio conteúdo."""

    def guardar(self, chave: str, conteudo: bytes, cifra: Cifra | None) -> None:
        """Guarda um conteúdo inteiro ou nada; o que já está guardado e intacto fica como está.

        Raises:
            OSError: não se pôde guardar.
        """

    def abrir(self, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
        """O conteúdo em partes, à medida que se lê.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """

    def existe(self, chave: str) -> bool:
        """Se há arquivo com a chave."""


def chave(operadora_id: int, sha256: str) -> str:
    """A chave de um conteúdo: cada operadora tem os seus, mesmo iguais aos de outra."""
    return f"{operadora_id:d}/{sha256[:2]}/{sha256}"
