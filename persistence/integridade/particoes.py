"""As partes mensais: as dos meses que vêm, e o que não coube em nenhuma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.competencia import agora
from persistence.integridade.verificacao import Achado
from persistence.particoes import situacao

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def conferir(conn: Connection) -> Iterator[Achado]:
    """O que não está como devia num banco partido por mês."""
    como = situacao(conn, agora())
    if como.partido and not como.prontos:
        yield Achado(
            "sem-particao", "mês que vem", "não tem a sua parte; vê-se o trabalho particoes"
        )
    for tabela in como.fora:
        texto = "há linhas de um mês sem parte: não se largam com os outros"
        yield Achado("fora-de-particao", tabela, texto)
