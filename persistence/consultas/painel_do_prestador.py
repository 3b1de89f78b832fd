"""O que um prestador quer saber ao entrar: os seus lotes, o que se espera dele, o que mudou."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.escolha import fora_da_escolha

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement

_RECURSO = "recurso"
_p = tabelas.protocolo.c
_h = tabelas.historico.c


class DaSituacao(NamedTuple):
    """Os protocolos de uma situação; o valor é a soma do informado, em reais."""

    recurso: bool
    status: StatusProtocolo
    quantos: int
    informado: Decimal


class Mudanca(NamedTuple):
    """A última passagem de um protocolo.

    Attributes:
        numero: do protocolo.
        recurso: se é um recurso de glosa, e não um lote.
        para: a situação a que passou.
        em: instante em UTC.
    """

    numero: int
    recurso: bool
    para: StatusProtocolo
    em: datetime


def por_situacao(
    conn: Connection, operadora_id: int, prestador_id: int, desde: datetime
) -> tuple[DaSituacao, ...]:
    """Os protocolos reais que um prestador enviou desde um instante, por situação de agora."""
    recurso = _e_recurso()
    consulta = (
        select(recurso, _p.status, func.count(), func.sum(_p.informado, type_=_p.informado.type))
        .where(*_dele(conn, operadora_id, prestador_id), _p.recebido_em >= desde)
        .group_by("recurso", _p.status)
        .order_by("recurso", _p.status)
    )
    return tuple(
        DaSituacao(bool(r), StatusProtocolo(s), n, valor)
        for r, s, n, valor in conn.execute(consulta)
    )


def na_situacao(
    conn: Connection, operadora_id: int, prestador_id: int, status: StatusProtocolo
) -> tuple[int, ...]:
    """Os números dos lotes reais de um prestador numa situação, do mais velho ao mais novo.

    Serve às situações em que poucos estão: lê todos eles.
    """
    consulta = select(_p.recebido_em, _p.numero).where(
        *_dele(conn, operadora_id, prestador_id), _p.status == int(status), _p.lote_id.is_not(None)
    )
    # ordenar no banco fá-lo-ia percorrer todos os da operadora pela data
    return tuple(numero for _, numero in sorted(tuple(x) for x in conn.execute(consulta)))


def mudancas(
    conn: Connection,
    operadora_id: int,
    prestador_id: int,
    *,
    para: Collection[StatusProtocolo],
    desde: datetime,
    enviados_desde: datetime,
    limite: int,
) -> tuple[Mudanca, ...]:
    """A última passagem de cada protocolo que mudou há pouco, da mais nova à mais velha.

    Args:
        conn: leitura.
        operadora_id: dona dos protocolos.
        prestador_id: de quem são.
        para: as situações que interessam; o que já passou a outra não se diz.
        desde: a mudança mais velha que interessa, em UTC.
        enviados_desde: o protocolo mais velho em que se procura, em UTC.
        limite: quantas.
    """
    ultima = func.max(_h.em, type_=_h.em.type)
    consulta = (
        select(_p.numero, _e_recurso(), _p.status, ultima)
        .join_from(
            tabelas.protocolo,
            tabelas.historico,
            and_(_h.protocolo_id == _p.id, _h.para == _p.status),
        )
        .where(
            *_dele(conn, operadora_id, prestador_id),
            _p.recebido_em >= enviados_desde,
            _p.status.in_([int(s) for s in para]),
            _h.em >= desde,
        )
        .group_by(_p.id)
        .order_by(ultima.desc(), _p.numero.desc())
        .limit(limite)
    )
    return tuple(
        Mudanca(numero, bool(r), StatusProtocolo(s), em)
        for numero, r, s, em in conn.execute(consulta)
    )


def _e_recurso() -> ColumnElement[int]:
    return case((_p.tipo == _RECURSO, 1), else_=0).label("recurso")


def _dele(
    conn: Connection, operadora_id: int, prestador_id: int
) -> tuple[ColumnElement[bool], ...]:
    return (
        fora_da_escolha(conn, _p.operadora_id) == operadora_id,
        _p.prestador_id == prestador_id,
        _p.homologacao.is_(False),
    )
