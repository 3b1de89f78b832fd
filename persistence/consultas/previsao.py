"""O que se espera pagar dos protocolos liberados, linha a linha ou somado por data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, func, literal, null, select, type_coerce, union_all

from dominio.dinheiro import ZERO
from dominio.pagamento import EstadoPagamento, TipoPagamento
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.escolha import fora_da_escolha

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import ColumnElement, FromClause, Select


class Previsto(NamedTuple):
    """Uma linha da previsão de pagamentos.

    Attributes:
        data: em que se espera pagar.
        prestador_id: a quem.
        protocolo: número.
        lote: número do lote no prestador.
        liberado: reais liberados do protocolo e ainda não pagos.
        pagamento_id: o pagamento previsto em que já está, se está.
    """

    data: date
    prestador_id: int
    protocolo: int
    lote: str
    liberado: Decimal
    pagamento_id: int | None


_t = tabelas.pagamento.c
_x = tabelas.pagamento_parte.c
_p = tabelas.protocolo.c
_l = tabelas.lote.c
_LIBERADO = int(StatusProtocolo.LIBERADO)
_QUE_PAGA = _x.viva, _x.tipo == TipoPagamento.INICIAL.value
_EM_PAGAMENTO = (
    select(func.sum(_x.liberado, type_=_x.liberado.type))
    .where(_x.protocolo_id == _p.id, *_QUE_PAGA)
    .correlate(tabelas.protocolo)
    .scalar_subquery()
)
_FALTA: ColumnElement[Decimal] = type_coerce(
    _p.liberado - func.coalesce(_EM_PAGAMENTO, literal(ZERO, _p.liberado.type)), _p.liberado.type
)


def listar(
    conn: Connection,
    operadora_id: int,
    prevista: date,
    *,
    prestador_id: int | None = None,
    sem_pagamento: bool = False,
    passadas: int = 0,
    limite: int | None = None,
) -> tuple[Previsto, ...]:
    """O que se espera pagar, por data, prestador e número; fora o de homologação.

    Args:
        conn: leitura.
        operadora_id: quem paga.
        prevista: data do que ainda não está num pagamento.
        prestador_id: só o dele.
        sem_pagamento: só o que ainda não está num pagamento.
        passadas: quantas linhas se saltam.
        limite: quantas; ausente, todas.
    """
    livres = _livres(operadora_id, prestador_id).add_columns(
        literal(prevista, _t.data_prevista.type).label("data"), null().label("pagamento_id")
    )
    partes = [livres] if sem_pagamento else [livres, _presos(conn, operadora_id, prestador_id)]
    todos = union_all(*partes).subquery()
    escolhidos = select(todos).order_by(*_ordem(todos)).limit(limite).offset(passadas).subquery()
    # o lote só dos que se mostram
    consulta = (
        select(
            escolhidos.c.data, escolhidos.c.prestador_id, escolhidos.c.numero, _l.numero,
            escolhidos.c.falta, escolhidos.c.pagamento_id,
        )
        .join_from(escolhidos, tabelas.lote, _l.id == escolhidos.c.lote_id)
        .order_by(*_ordem(escolhidos))
    )  # fmt: skip
    return tuple(Previsto._make(linha) for linha in conn.execute(consulta))


def _ordem(linhas: FromClause) -> tuple[ColumnElement[Any], ...]:
    c = linhas.c
    return c.data, c.prestador_id, c.numero, c.pagamento_id.is_(None), c.pagamento_id


def totais(conn: Connection, operadora_id: int, prevista: date) -> dict[date, Decimal]:
    """Data -> reais que se esperam pagar nela, da primeira à última."""
    presos = _presos(conn, operadora_id, None).subquery()
    soma = func.sum(presos.c.falta, type_=_p.liberado.type)
    por_data = select(presos.c.data, soma).group_by(presos.c.data)
    achados = {linha[0]: linha[1] for linha in conn.execute(por_data)}
    livres = _livres(operadora_id, None).subquery()
    livre = conn.execute(select(func.sum(livres.c.falta, type_=_p.liberado.type))).scalar_one()
    if livre is not None:
        achados[prevista] = achados.get(prevista, ZERO) + livre
    return dict(sorted(achados.items()))


def _livres(operadora_id: int, prestador_id: int | None) -> Select[Any]:
    """O que cada protocolo liberado ainda não tem em nenhum pagamento."""
    consulta = select(_p.prestador_id, _p.numero, _p.lote_id, _FALTA.label("falta")).where(
        _p.operadora_id == operadora_id, _p.homologacao.is_(False), _p.status == _LIBERADO
    )
    if prestador_id is not None:
        consulta = consulta.where(_p.prestador_id == prestador_id)
    # à parte: de outro modo a soma dos pagamentos de cada protocolo far-se-ia duas vezes
    todos = consulta.cte("liberados").prefix_with("MATERIALIZED")
    return select(todos).where(todos.c.falta > ZERO)


def _presos(conn: Connection, operadora_id: int, prestador_id: int | None) -> Select[Any]:
    """O que cada pagamento previsto, ainda por confirmar, tem de cada protocolo."""
    consulta = (
        select(
            _p.prestador_id, _p.numero, _p.lote_id,
            func.sum(_x.liberado, type_=_x.liberado.type).label("falta"),
            _t.data_prevista.label("data"), _t.id.label("pagamento_id"),
        )
        .select_from(
            tabelas.pagamento.join(tabelas.pagamento_parte, _x.pagamento_id == _t.id).join(
                tabelas.protocolo, _p.id == _x.protocolo_id
            )
        )
        .where(
            _t.operadora_id == operadora_id,
            _t.estado == EstadoPagamento.PREVISTO.value,
            *_QUE_PAGA,
            # começa-se pelos pagamentos previstos, que são poucos
            fora_da_escolha(conn, _p.status) == _LIBERADO,
            _p.homologacao.is_(False),
        )
        .group_by(
            _t.data_prevista, _t.id, _p.prestador_id, _p.numero, _p.lote_id
        )
    )  # fmt: skip
    return consulta if prestador_id is None else consulta.where(_t.prestador_id == prestador_id)
