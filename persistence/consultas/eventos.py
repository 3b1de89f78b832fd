"""A auditoria como quem administra a procura: da mais nova à mais velha, com filtros."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from persistence import tabelas
from persistence.auditoria import Evento
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from datetime import date

_a = tabelas.auditoria.c
_EVENTO = tuple(_a[nome] for nome in Evento._fields)


class Filtro(NamedTuple):
    """O que se procura; o que é ausente não filtra.

    Attributes:
        quem: quem agiu, como ``usuario 3``.
        porta: ``console``, ``api`` ou ``cli``.
        acao: verbo, como ``ler``.
        alvo: identificação do que se acessou.
        de: primeiro dia, em São Paulo.
        ate: último dia.
    """

    quem: str | None = None
    porta: str | None = None
    acao: str | None = None
    alvo: str | None = None
    de: date | None = None
    ate: date | None = None


def recentes(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    antes_de: int | None,
    limite: int,
) -> tuple[Evento, ...]:
    """Os eventos de uma operadora, do mais novo ao mais velho.

    Args:
        conn: leitura.
        operadora_id: dona.
        filtro: o que se procura.
        antes_de: chave do último já visto.
        limite: quantos.
    """
    iguais = {_a.quem: filtro.quem, _a.porta: filtro.porta, _a.acao: filtro.acao}
    iguais[_a.alvo] = filtro.alvo
    condicoes = [coluna == dito for coluna, dito in iguais.items() if dito is not None]
    if antes_de is not None:
        condicoes.append(_a.id < antes_de)
    if filtro.de is not None:
        condicoes.append(_a.em >= limites_do_dia(filtro.de)[0])
    if filtro.ate is not None:
        condicoes.append(_a.em < limites_do_dia(filtro.ate)[1])
    consulta = (
        select(*_EVENTO)
        .where(_a.operadora_id == operadora_id, *condicoes)
        .order_by(_a.id.desc())
        .limit(limite)
    )
    return tuple(Evento._make(linha) for linha in conn.execute(consulta))
