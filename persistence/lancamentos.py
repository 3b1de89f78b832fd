"""Os débitos e créditos de cada prestador: os de um pagamento e os que esperam o próximo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from dominio.pagamento import Desconto, Indicador, Nivel, TipoLancamento
from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement


class Lancamento(NamedTuple):
    """Um débito ou crédito gravado.

    Attributes:
        id: chave no banco.
        pagamento_id: em que aparece; ausente enquanto espera o próximo do prestador.
        desconto: o que é.
        origem: ``pessoa``, ``retencao``, ``tarifa`` ou ``estorno``.
        estornado_id: o pagamento que se estornou, se é de um estorno.
    """

    id: int
    pagamento_id: int | None
    desconto: Desconto
    origem: str
    estornado_id: int | None


_t = tabelas.lancamento.c
_CONSULTA = select(
    _t.id, _t.pagamento_id, _t.indicador, _t.tipo, _t.descricao, _t.valor, _t.nivel, _t.origem,
    _t.estornado_id,
).order_by(_t.id)  # fmt: skip


def incluir(
    conn: Connection,
    operadora_id: int,
    prestador_id: int,
    descontos: Iterable[Desconto],
    *,
    origem: str,
    quem: str,
    agora: datetime,
    pagamento_id: int | None = None,
    estornado_id: int | None = None,
) -> None:
    """Grava débitos e créditos de um prestador; sem pagamento, esperam o próximo."""
    linhas: list[dict[str, Any]] = [
        {
            "operadora_id": operadora_id,
            "prestador_id": prestador_id,
            "pagamento_id": pagamento_id,
            "nivel": desconto.nivel.value,
            "indicador": desconto.indicador.value,
            "tipo": desconto.tipo.value,
            "descricao": desconto.descricao,
            "valor": desconto.valor,
            "origem": origem,
            "estornado_id": estornado_id,
            "criado_em": agora,
            "criado_por": quem,
        }
        for desconto in descontos
    ]
    if linhas:
        conn.execute(insert(tabelas.lancamento), linhas)


def do_pagamento(conn: Connection, pagamento_id: int) -> tuple[Lancamento, ...]:
    """Os de um pagamento, na ordem em que se gravaram."""
    return _ler(conn, _t.pagamento_id == pagamento_id)


def pendentes(conn: Connection, operadora_id: int, prestador_id: int) -> tuple[Lancamento, ...]:
    """Os que esperam o próximo pagamento de um prestador, do mais antigo ao mais novo."""
    return _ler(
        conn,
        (_t.operadora_id == operadora_id)
        & (_t.prestador_id == prestador_id)
        & _t.pagamento_id.is_(None),
    )


def prender(conn: Connection, ids: Sequence[int], pagamento_id: int) -> None:
    """Põe os que esperavam num pagamento."""
    conn.execute(
        update(tabelas.lancamento)
        .where(_t.id.in_(ids), _t.pagamento_id.is_(None))
        .values(pagamento_id=pagamento_id)
    )


def reduzir(conn: Connection, lancamento_id: int, valor: Decimal) -> None:
    """Deixa o que espera com outro valor: a outra parte já se descontou."""
    conn.execute(
        update(tabelas.lancamento)
        .where(_t.id == lancamento_id, _t.pagamento_id.is_(None))
        .values(valor=valor)
    )


def apagar(conn: Connection, pagamento_id: int) -> None:
    """Tira os lançamentos de um pagamento que se cancelou."""
    conn.execute(delete(tabelas.lancamento).where(_t.pagamento_id == pagamento_id))


def _ler(conn: Connection, quais: ColumnElement[bool]) -> tuple[Lancamento, ...]:
    return tuple(
        Lancamento(
            linha.id,
            linha.pagamento_id,
            Desconto(
                Indicador(linha.indicador),
                TipoLancamento(linha.tipo),
                linha.descricao,
                linha.valor,
                Nivel(linha.nivel),
            ),
            linha.origem,
            linha.estornado_id,
        )
        for linha in conn.execute(_CONSULTA.where(quais))
    )
