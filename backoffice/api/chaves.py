"""As chaves que um endereço traz, que só se leem se são números que se possam ter dado."""

from __future__ import annotations

from backoffice.api.problemas import nao_ha
from dominio.numeros import natural


def ler_chave(texto: str, coisa: str) -> int:
    """A chave de uma coisa, com ou sem zeros à esquerda.

    Raises:
        Problema: 404, se não é um número.
    """
    lida = natural(texto)
    if lida is None:
        raise nao_ha(coisa)
    return lida


def ler_numero(texto: str) -> int:
    """O número de um protocolo.

    Raises:
        Problema: 404, se não é um número.
    """
    return ler_chave(texto, "protocolo")
