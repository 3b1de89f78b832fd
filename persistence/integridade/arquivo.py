"""O arquivo de mensagens: cada linha com a sua folha, e os selos em cadeia sobre elas.

Aqui só se contam e ligam linhas; recalcular o que os bytes dão é de ``archive verify``.
"""

from __future__ import annotations

from sqlalchemy import and_, exists, func, or_, select

from persistence import tabelas
from persistence.integridade.verificacao import Verificacao
from persistence.particoes import largou_mensagem

_m, _f, _s, _x = (t.c for t in (tabelas.mensagem, tabelas.folha, tabelas.selo, tabelas.execucao))
_folhas = (
    select(_f.selo, func.count().label("quantas"))
    .where(_f.selo.is_not(None))
    .group_by(_f.selo)
    .subquery()
)
_encadeados = select(
    _s.sequencia,
    _s.anterior,
    func.lag(_s.sequencia).over(order_by=_s.sequencia).label("numero"),
    func.lag(_s.cabeca).over(order_by=_s.sequencia).label("cabeca"),
).subquery()
_e = _encadeados.c

VERIFICACOES = (
    Verificacao(
        "mensagem-sem-folha",
        ("mensagem",),
        "a mensagem não tem folha que a prove",
        select(_m.id).where(~exists().where(_f.mensagem_id == _m.id)),
    ),
    Verificacao(
        "folha-sem-mensagem",
        ("mensagem",),
        "há folha, e a mensagem não está no arquivo",
        select(_f.mensagem_id).where(
            ~exists().where(_m.id == _f.mensagem_id), ~largou_mensagem(_f.mensagem_id)
        ),
    ),
    Verificacao(
        "execucao-sem-resposta",
        ("mensagem",),
        "a mensagem se deu por executada, e não há resposta para repetir",
        select(_x.mensagem_id)
        .join_from(tabelas.execucao, tabelas.mensagem, _m.id == _x.mensagem_id)
        .where(_m.resposta.is_(None), _m.expurgada_em.is_(None)),
    ),
    Verificacao(
        "selo-incompleto",
        ("selo",),
        "o selo não tem tantas folhas quantas diz",
        select(_s.sequencia)
        .outerjoin_from(tabelas.selo, _folhas, _folhas.c.selo == _s.sequencia)
        .where(_s.quantidade != func.coalesce(_folhas.c.quantas, 0)),
    ),
    Verificacao(
        "cadeia-quebrada",
        ("selo",),
        "o selo não continua o anterior",
        select(_e.sequencia).where(
            or_(
                and_(_e.numero.is_(None), _e.sequencia != 1),
                _e.sequencia != _e.numero + 1,
                _e.anterior != _e.cabeca,
            )
        ),
    ),
)
