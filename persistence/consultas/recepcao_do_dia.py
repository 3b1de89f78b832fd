"""O que chegou num dia, para a página de começo do console."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, select

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

_p = tabelas.protocolo.c


class DaSituacao(NamedTuple):
    """Os protocolos de uma situação.

    Attributes:
        status: a situação.
        quantos: protocolos.
        informado: soma, em reais.
    """

    status: StatusProtocolo
    quantos: int
    informado: Decimal


def por_situacao(conn: Connection, operadora_id: int, dia: date) -> tuple[DaSituacao, ...]:
    """Os protocolos reais que chegaram num dia de São Paulo, por situação de agora."""
    de, ate = limites_do_dia(dia)
    consulta = (
        select(_p.status, func.count(), func.sum(_p.informado, type_=_p.informado.type))
        .where(
            _p.operadora_id == operadora_id,
            _p.recebido_em >= de,
            _p.recebido_em < ate,
            _p.homologacao.is_(False),
        )
        .group_by(_p.status)
        .order_by(_p.status)
    )
    return tuple(DaSituacao(StatusProtocolo(s), n, v) for s, n, v in conn.execute(consulta))
