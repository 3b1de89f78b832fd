"""Os protocolos do mais novo ao mais velho, para as listas que uma pessoa lê.

A ordem é a dos números, que crescem; a dos sistemas, pelas mudanças, está em ``protocolos``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from persistence.consultas import protocolos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.consultas.protocolos import Filtro, Linha


class Recentes(NamedTuple):
    """Um pedaço da lista.

    Attributes:
        linhas: do número maior ao menor.
        antes_de: de onde continuar; ausente quando não há mais.
    """

    linhas: tuple[Linha, ...]
    antes_de: int | None


def recentes(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    prestador_id: int | None = None,
    antes_de: int | None = None,
    limite: int = 50,
) -> Recentes:
    """Os protocolos de uma operadora, ou só os de um prestador dela.

    Args:
        conn: leitura.
        operadora_id: dona.
        filtro: o que se quer ver.
        prestador_id: só os dele.
        antes_de: o último número já visto.
        limite: quantos.
    """
    linhas = protocolos.por_numero_decrescente(
        conn, operadora_id, filtro, prestador_id=prestador_id, antes_de=antes_de, limite=limite + 1
    )
    mostradas = linhas[:limite]
    return Recentes(mostradas, mostradas[-1].numero if len(linhas) > limite else None)
