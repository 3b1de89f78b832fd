"""O prazo de guarda dos documentos, pela situação do que acompanham; a linha e o resumo ficam.

Aqui só se diz que o prazo venceu: o conteúdo, que pode ser também de outro documento, apaga-o a
varredura das sobras (``documentos.varrer``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, String, and_, cast, func, literal, or_, select, union_all, update

from dominio.cancelamento import NaturezaGuia
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.retencao import ENCERRADOS

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Exists

_d = tabelas.documento.c
_g = tabelas.guia.c
_l = tabelas.lote.c
_p = tabelas.protocolo.c
_r = tabelas.recurso.c

_CANCELADO = int(StatusProtocolo.CANCELADO)
_NOME_LIVRE = "expurgado-"
"""No lugar da identidade: o mesmo documento, se vier outra vez, guarda-se de novo."""


class Prazos(NamedTuple):
    """Quanto tempo se guarda o conteúdo de um documento, desde que chegou.

    Attributes:
        encerrados: dos de lotes pagos ou encerrados sem pagamento.
        cancelados: dos de lotes ou guias cancelados.
        avulsos: dos que nenhuma guia veio buscar.
    """

    encerrados: timedelta
    cancelados: timedelta
    avulsos: timedelta


def expurgar(conn: Connection, agora: datetime, prazos: Prazos, limite: int) -> int:
    """Dá por expurgados os documentos mais velhos com prazo vencido.

    Nunca os de um lote ou de um recurso em aberto, seja qual for o prazo.

    Args:
        conn: a transação.
        agora: instante de que se contam os prazos.
        prazos: de cada situação.
        limite: quantos documentos no máximo.

    Returns:
        Quantos se expurgaram; menos que o limite quando não há mais.
    """
    vencidos = conn.execute(
        select(_d.id)
        .where(
            _d.expurgado_em.is_(None),
            # o índice dos que ainda têm conteúdo serve-se do menor dos prazos
            _d.recebido_em < agora - min(prazos),
            ~_acompanha(_p.status.not_in([int(s) for s in ENCERRADOS])),
            ~_de_recurso_aberto(),
            _vencido(agora, prazos),
        )
        .order_by(_d.recebido_em)
        .limit(limite)
    ).scalars()
    ids = list(vencidos)
    if ids:
        conn.execute(
            update(tabelas.documento)
            .where(_d.id.in_(ids))
            .values(expurgado_em=agora, identidade=literal(_NOME_LIVRE) + cast(_d.id, String))
        )
    return len(ids)


def _vencido(agora: datetime, prazos: Prazos) -> ColumnElement[bool]:
    # quem só citou o lote não tem guia
    cancelado = or_(_p.status == _CANCELADO, func.coalesce(_g.status, 0) == _CANCELADO)
    vivo = _acompanha(~cancelado)
    return or_(
        and_(vivo, _d.recebido_em < agora - prazos.encerrados),
        and_(~vivo, _acompanha(cancelado), _d.recebido_em < agora - prazos.cancelados),
        and_(~_acompanha(_p.id.is_not(None)), _d.recebido_em < agora - prazos.avulsos),
    )


def _acompanha(condicao: ColumnElement[bool]) -> Exists:
    """Se o documento é de um lote ou guia assim: os que citou, ou os que têm a guia que citou."""
    citado = (
        select(_p.id)
        .select_from(
            tabelas.protocolo.outerjoin(
                tabelas.guia,
                and_(_g.lote_id == _p.lote_id, _g.posicao == _d.guia_posicao),
            )
        )
        .where(_p.id == _d.protocolo_id, condicao)
        .correlate(tabelas.documento)
    )
    da_guia = (
        select(_p.id)
        .select_from(
            tabelas.guia.join(tabelas.lote, _l.id == _g.lote_id).join(
                tabelas.protocolo, _p.lote_id == _l.id
            )
        )
        .where(
            _d.protocolo_id.is_(None),
            _d.natureza == NaturezaGuia.FATURAMENTO.value,
            _l.prestador_id == _d.prestador_id,
            condicao,
        )
        .correlate(tabelas.documento)
    )
    # em duas consultas, e não num OR: cada número tem o seu índice
    do_prestador = da_guia.where(_g.numero_prestador == _d.guia_prestador)
    da_operadora = da_guia.where(
        _d.guia_prestador.is_(None), _g.numero_operadora == _d.guia_operadora
    )
    return union_all(citado, do_prestador, da_operadora).exists()


def _de_recurso_aberto() -> Exists:
    """Se se recorre do lote que o documento citou e o recurso não acabou."""
    return (
        select(_r.protocolo_id)
        .join(tabelas.protocolo, _p.id == _r.protocolo_id)
        .where(
            _r.original_id == _d.protocolo_id,
            _p.status.not_in([int(s) for s in ENCERRADOS]),
        )
        .correlate(tabelas.documento)
        .exists()
    )
