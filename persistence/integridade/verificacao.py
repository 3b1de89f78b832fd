"""Uma verificação: a consulta que acha o que está errado, e como se diz cada linha dela."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select

_POR_VEZ = 500


class Achado(NamedTuple):
    """Algo que não confere.

    Attributes:
        tipo: palavra estável, como ``soma-do-protocolo``.
        onde: números e posições; nada de pacientes.
        texto: o que se viu, em português.
    """

    tipo: str
    onde: str
    texto: str


class Verificacao(NamedTuple):
    """O que se procura.

    Attributes:
        tipo: do achado.
        lugar: os nomes das colunas da consulta, que dizem onde.
        texto: do achado.
        consulta: devolve só o que está errado.
    """

    tipo: str
    lugar: tuple[str, ...]
    texto: str
    consulta: Select[Any]


def aplicar(conn: Connection, verificacao: Verificacao) -> Iterator[Achado]:
    """Os achados de uma verificação, à medida que o banco os dá."""
    linhas = conn.execute(verificacao.consulta, execution_options={"yield_per": _POR_VEZ})
    for linha in linhas:
        pares = zip(verificacao.lugar, linha, strict=True)
        onde = ", ".join(f"{nome} {valor}" for nome, valor in pares if valor is not None)
        yield Achado(verificacao.tipo, onde, verificacao.texto)
