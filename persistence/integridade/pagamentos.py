"""Os pagamentos: as partes vivas são de pagamentos vivos, e não se paga mais do que se liberou."""

from __future__ import annotations

from sqlalchemy import and_, case, func, or_, select

from dominio.pagamento import EstadoPagamento, Indicador, TipoPagamento
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.integridade.verificacao import Verificacao

_p, _g = tabelas.protocolo.c, tabelas.guia.c
_t, _x, _n = (t.c for t in (tabelas.pagamento, tabelas.pagamento_parte, tabelas.lancamento))
_INICIAL = TipoPagamento.INICIAL.value
_CONFIRMADO = EstadoPagamento.CONFIRMADO.value
_DESFEITOS = [EstadoPagamento.ESTORNADO.value, EstadoPagamento.CANCELADO.value]

_COM_PARTES = tabelas.pagamento_parte.join(tabelas.pagamento, _t.id == _x.pagamento_id).join(
    tabelas.protocolo, _p.id == _x.protocolo_id
)
_COM_GUIAS = _COM_PARTES.join(
    tabelas.guia, and_(_g.lote_id == _x.lote_id, _g.posicao == _x.guia_posicao)
)
_pago = (
    select(_x.protocolo_id, func.sum(_x.liberado).label("liberado"))
    .where(_x.viva, _x.tipo == _INICIAL)
    .group_by(_x.protocolo_id)
    .subquery()
)
_bruto = (
    select(_x.pagamento_id, func.sum(_x.liberado).label("valor"))
    .group_by(_x.pagamento_id)
    .subquery()
)
_ajuste = (
    select(
        _n.pagamento_id,
        func.sum(case((_n.indicador == Indicador.CREDITO.value, _n.valor), else_=-_n.valor)).label(
            "valor"
        ),
    )
    .where(_n.pagamento_id.is_not(None))
    .group_by(_n.pagamento_id)
    .subquery()
)

VERIFICACOES = (
    Verificacao(
        "parte-de-pagamento-desfeito",
        ("pagamento", "protocolo", "guia"),
        "o pagamento foi estornado ou cancelado, e a parte continua viva",
        select(_t.id, _p.numero, _x.guia_posicao)
        .select_from(_COM_PARTES)
        .where(_x.viva, _t.estado.in_(_DESFEITOS)),
    ),
    Verificacao(
        "pagamento-sem-data",
        ("pagamento",),
        "o pagamento confirmado não diz quando se pagou",
        select(_t.id).where(
            _t.estado == _CONFIRMADO, or_(_t.data.is_(None), _t.confirmado_em.is_(None))
        ),
    ),
    Verificacao(
        "guia-por-pagar",
        ("pagamento", "protocolo", "guia"),
        "o pagamento está confirmado, e a guia não está paga",
        select(_t.id, _p.numero, _g.posicao)
        .select_from(_COM_GUIAS)
        .where(
            _x.viva,
            _x.tipo == _INICIAL,
            _t.estado == _CONFIRMADO,
            _g.status != int(StatusProtocolo.PAGO),
        ),
    ),
    Verificacao(
        "parte-de-outro-dono",
        ("pagamento", "protocolo"),
        "o pagamento é de outra operadora",
        select(_t.id, _p.numero).select_from(_COM_PARTES).where(_t.operadora_id != _p.operadora_id),
    ),
    Verificacao(
        "informado-da-parte",
        ("pagamento", "protocolo", "guia"),
        "o informado da parte não é o da guia",
        select(_t.id, _p.numero, _g.posicao)
        .select_from(_COM_GUIAS)
        .where(_x.viva, _x.tipo == _INICIAL, _x.informado != _g.informado),
    ),
    Verificacao(
        "pago-acima-do-liberado",
        ("protocolo",),
        "as partes vivas somam mais do que se liberou",
        select(_p.numero)
        .join_from(tabelas.protocolo, _pago, _pago.c.protocolo_id == _p.id)
        .where(_pago.c.liberado > _p.liberado),
    ),
    Verificacao(
        "liquido-negativo",
        ("pagamento",),
        "os débitos passam do que se pagou",
        select(_t.id)
        .select_from(
            tabelas.pagamento.outerjoin(_bruto, _bruto.c.pagamento_id == _t.id).outerjoin(
                _ajuste, _ajuste.c.pagamento_id == _t.id
            )
        )
        .where(
            _t.confirmado_em.is_not(None),
            func.coalesce(_bruto.c.valor, 0) + func.coalesce(_ajuste.c.valor, 0) < 0,
        ),
    ),
)
