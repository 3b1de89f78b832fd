"""A árvore de Merkle de um selo, na forma da RFC 6962.

Uma folha é ``SHA-256(00 || resumo)`` e um nó ``SHA-256(01 || esquerda || direita)``: os prefixos
impedem que um nó passe por folha.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Passo(NamedTuple):
    """O vizinho com que se sobe um nível.

    Attributes:
        lado: onde fica o vizinho, ``esquerda`` ou ``direita``.
        resumo: SHA-256 hexadecimal dele.
    """

    lado: str
    resumo: str


def raiz(resumos: Sequence[str]) -> str:
    """Raiz, em hexadecimal, sobre os resumos hexadecimais das linhas, na ordem.

    Raises:
        ValueError: não há nenhum.
    """
    if not resumos:
        raise ValueError("uma árvore sem folhas não tem raiz")
    return _subir([_folha(r) for r in resumos]).hex()


def caminho(resumos: Sequence[str], posicao: int) -> tuple[Passo, ...]:
    """Os vizinhos que levam da folha de uma posição à raiz, de baixo para cima."""
    return tuple(_caminho([_folha(r) for r in resumos], posicao))


def _folha(resumo: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(resumo)).digest()


def _subir(nos: list[bytes]) -> bytes:
    # o corte na maior potência de dois é o mesmo que juntar aos pares e deixar subir o que sobra
    while len(nos) > 1:
        acima = [
            hashlib.sha256(b"\x01" + nos[i] + nos[i + 1]).digest()
            for i in range(0, len(nos) - 1, 2)
        ]
        if len(nos) % 2:
            acima.append(nos[-1])
        nos = acima
    return nos[0]


def _caminho(nos: list[bytes], posicao: int) -> list[Passo]:
    if len(nos) == 1:
        return []
    corte = 1 << ((len(nos) - 1).bit_length() - 1)
    if posicao < corte:
        vizinho = Passo("direita", _subir(nos[corte:]).hex())
        return [*_caminho(nos[:corte], posicao), vizinho]
    vizinho = Passo("esquerda", _subir(nos[:corte]).hex())
    return [*_caminho(nos[corte:], posicao - corte), vizinho]
