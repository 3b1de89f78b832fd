"""O histórico contra a situação: cada passagem continua a anterior, e a última é a de agora."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select

from dominio.situacao import CICLO, StatusProtocolo
from persistence import tabelas
from persistence.integridade.verificacao import Verificacao

_p, _l, _g, _h = (t.c for t in (tabelas.protocolo, tabelas.lote, tabelas.guia, tabelas.historico))
_CANCELADO = int(StatusProtocolo.CANCELADO)
_VIVOS = [int(s) for s in StatusProtocolo if s.vivo]
_BASE = 100
_PASSAGENS = [int(de) * _BASE + int(para) for de, todas in CICLO.items() for para in todas]

_com_anterior = select(
    _h.protocolo_id,
    _h.de,
    _h.para,
    func.lag(_h.para).over(partition_by=_h.protocolo_id, order_by=_h.id).label("antes"),
).subquery()
_c = _com_anterior.c
_ultimas = select(_h.protocolo_id, func.max(_h.id).label("id")).group_by(_h.protocolo_id).subquery()

VERIFICACOES = (
    Verificacao(
        "protocolo-sem-historico",
        ("protocolo",),
        "não há histórico",
        select(_p.numero)
        .outerjoin_from(tabelas.protocolo, _ultimas, _ultimas.c.protocolo_id == _p.id)
        .where(_ultimas.c.id.is_(None)),
    ),
    Verificacao(
        "situacao-sem-historico",
        ("protocolo",),
        "a situação não é a última do histórico",
        select(_p.numero)
        .select_from(
            tabelas.protocolo.join(_ultimas, _ultimas.c.protocolo_id == _p.id).join(
                tabelas.historico, _h.id == _ultimas.c.id
            )
        )
        .where(_h.para != _p.status),
    ),
    Verificacao(
        "historico-quebrado",
        ("protocolo",),
        "o histórico salta: uma passagem não começa onde a anterior acabou",
        select(_p.numero)
        .join_from(_com_anterior, tabelas.protocolo, _p.id == _c.protocolo_id)
        .where(
            or_(
                _c.de != _c.antes,
                and_(_c.de.is_(None), _c.antes.is_not(None)),
                and_(_c.de.is_not(None), _c.antes.is_(None)),
            )
        )
        .distinct(),
    ),
    Verificacao(
        "passagem-proibida",
        ("protocolo",),
        "o histórico tem uma passagem que o ciclo de vida não tem",
        select(_p.numero)
        .join_from(tabelas.historico, tabelas.protocolo, _p.id == _h.protocolo_id)
        # a mesma situação outra vez é uma anotação
        .where(_h.de != _h.para, (_h.de * _BASE + _h.para).not_in(_PASSAGENS))
        .distinct(),
    ),
    Verificacao(
        "numero-do-lote",
        ("protocolo",),
        "o lote ocupa o seu número quando não devia, ou o contrário",
        select(_p.numero)
        .join_from(tabelas.protocolo, tabelas.lote, _l.id == _p.lote_id)
        .where(
            _p.tipo == "lote",
            or_(
                and_(_l.vivo, _p.status.not_in(_VIVOS)),
                and_(~_l.vivo, _p.status.in_(_VIVOS)),
            ),
        ),
    ),
    Verificacao(
        "guia-por-cancelar",
        ("protocolo", "guia"),
        "o protocolo está cancelado, e a guia não",
        select(_p.numero, _g.posicao)
        .join_from(tabelas.protocolo, tabelas.guia, _g.lote_id == _p.lote_id)
        .where(_p.tipo == "lote", _p.status == _CANCELADO, _g.status != _CANCELADO),
    ),
)
