"""As somas: o protocolo é o que têm as suas guias, a guia publicada o que têm os seus itens.

O informado de uma guia não é a soma dos seus itens: é o que o prestador disse, e uma regra já o
criticou se difere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, or_, select

from dominio.analise import Politica
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.analises import FINALIZADA
from persistence.integridade.verificacao import Verificacao
from persistence.particoes import largou_guias

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_p, _l, _g, _i = (t.c for t in (tabelas.protocolo, tabelas.lote, tabelas.guia, tabelas.item))
_a, _rg, _ri = (t.c for t in (tabelas.analise, tabelas.resultado_guia, tabelas.resultado_item))
_gl, _r, _n, _x = (
    t.c for t in (tabelas.glosa, tabelas.recurso, tabelas.recurso_linha, tabelas.recurso_parcela)
)
_VALORES = ("informado", "processado", "liberado", "glosa")
_CANCELADO = int(StatusProtocolo.CANCELADO)


def _ou_zero(coluna: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(coluna, 0)


def _somas(colunas: Any, nomes: tuple[str, ...] = _VALORES) -> list[ColumnElement[Any]]:
    return [func.sum(colunas[nome]).label(nome) for nome in nomes]


_das_guias = (
    select(_g.lote_id, func.count().label("quantas"), *_somas(_g))
    .where(_g.status != _CANCELADO)
    .group_by(_g.lote_id)
    .subquery()
)
_quantas = select(_g.lote_id, func.count().label("quantas")).group_by(_g.lote_id).subquery()
_dos_itens = (
    select(_i.lote_id, _i.guia_posicao, *_somas(_i, _VALORES[1:]))
    .group_by(_i.lote_id, _i.guia_posicao)
    .subquery()
)
_dos_graus = (
    select(_ri.lote_id, _ri.guia_posicao, _ri.item_posicao, *_somas(_ri, _VALORES[1:]))
    .group_by(_ri.lote_id, _ri.guia_posicao, _ri.item_posicao)
    .subquery()
)
_do_protocolo = (
    select(_gl.protocolo_id, func.sum(_gl.valor).label("valor"))
    .where(_gl.guia_posicao.is_(None))
    .group_by(_gl.protocolo_id)
    .subquery()
)
_da_guia = (
    select(_gl.protocolo_id, _gl.guia_posicao, func.sum(_gl.valor).label("valor"))
    .where(_gl.guia_posicao.is_not(None), _gl.item_posicao.is_(None))
    .group_by(_gl.protocolo_id, _gl.guia_posicao)
    .subquery()
)
_das_linhas = (
    select(
        _n.recurso_id,
        func.sum(_n.recursado).label("recursado"),
        func.sum(_n.acatado).label("acatado"),
    )
    .group_by(_n.recurso_id)
    .subquery()
)
_das_parcelas = (
    select(
        _x.linha_id,
        func.sum(_x.recursado).label("recursado"),
        func.sum(_x.acatado).label("acatado"),
    )
    .group_by(_x.linha_id)
    .subquery()
)

_publicada = and_(_a.protocolo_id == _p.id, _a.estado == FINALIZADA, _p.analise_visivel)
_COM_ANALISE = tabelas.protocolo.join(tabelas.analise, _publicada)


def _tirado(propria: ColumnElement[Any]) -> ColumnElement[Any]:
    """O que a glosa do próprio nível tira do liberado dele."""
    return case((_a.politica == Politica.A_PARTE.value, 0), else_=_ou_zero(propria))


VERIFICACOES = (
    Verificacao(
        "quantidade-de-guias",
        ("lote",),
        "o lote não tem tantas guias quantas diz",
        select(_l.id)
        .outerjoin_from(tabelas.lote, _quantas, _quantas.c.lote_id == _l.id)
        .where(
            _l.quantidade_guias != _ou_zero(_quantas.c.quantas),
            # num mês que se largou, o total é o que ficou das guias
            ~largou_guias(_l.id),
        ),
    ),
    Verificacao(
        "soma-informada",
        ("protocolo",),
        "o informado não é a soma das guias não canceladas",
        select(_p.numero)
        .outerjoin_from(tabelas.protocolo, _das_guias, _das_guias.c.lote_id == _p.lote_id)
        .where(
            _p.tipo == "lote",
            # o total de um protocolo cancelado fica como estava
            _p.status != _CANCELADO,
            _p.informado != _ou_zero(_das_guias.c.informado),
            ~largou_guias(_p.lote_id),
        ),
    ),
    Verificacao(
        "soma-do-protocolo",
        ("protocolo",),
        "os valores da análise não são a soma das guias com as glosas do protocolo",
        select(_p.numero)
        .select_from(
            _COM_ANALISE.outerjoin(_das_guias, _das_guias.c.lote_id == _p.lote_id).outerjoin(
                _do_protocolo, _do_protocolo.c.protocolo_id == _p.id
            )
        )
        .where(
            or_(
                _p.processado != _ou_zero(_das_guias.c.processado),
                _p.liberado != _ou_zero(_das_guias.c.liberado) - _tirado(_do_protocolo.c.valor),
                _p.glosa != _ou_zero(_das_guias.c.glosa) + _ou_zero(_do_protocolo.c.valor),
            ),
            ~largou_guias(_p.lote_id),
        ),
    ),
    Verificacao(
        "soma-da-guia",
        ("protocolo", "guia"),
        "os valores da análise não são a soma dos itens com as glosas da guia",
        select(_p.numero, _g.posicao)
        .select_from(
            _COM_ANALISE.join(tabelas.guia, _g.lote_id == _p.lote_id)
            .join(
                tabelas.resultado_guia,
                and_(_rg.lote_id == _g.lote_id, _rg.guia_posicao == _g.posicao),
            )
            .outerjoin(
                _dos_itens,
                and_(
                    _dos_itens.c.lote_id == _g.lote_id,
                    _dos_itens.c.guia_posicao == _g.posicao,
                ),
            )
            .outerjoin(
                _da_guia,
                and_(_da_guia.c.protocolo_id == _p.id, _da_guia.c.guia_posicao == _g.posicao),
            )
        )
        .where(
            _g.status != _CANCELADO,
            or_(
                # um valor dito pela análise vale em lugar da soma
                _g.processado != func.coalesce(_rg.processado, _dos_itens.c.processado, 0),
                _g.liberado
                != func.coalesce(
                    _rg.liberado, _dos_itens.c.liberado - _tirado(_da_guia.c.valor), 0
                ),
                _g.glosa
                != func.coalesce(_rg.glosa, _dos_itens.c.glosa + _ou_zero(_da_guia.c.valor), 0),
            ),
        ),
    ),
    Verificacao(
        "soma-do-item",
        ("protocolo", "guia", "item"),
        "os valores do item não são os que a análise lhe deu",
        select(_p.numero, _i.guia_posicao, _i.posicao)
        .select_from(
            _COM_ANALISE.join(tabelas.item, _i.lote_id == _p.lote_id).join(
                _dos_graus,
                and_(
                    _dos_graus.c.lote_id == _i.lote_id,
                    _dos_graus.c.guia_posicao == _i.guia_posicao,
                    _dos_graus.c.item_posicao == _i.posicao,
                ),
            )
        )
        .where(or_(*(_i[nome] != _dos_graus.c[nome] for nome in _VALORES[1:]))),
    ),
    Verificacao(
        "soma-do-recurso",
        ("recurso",),
        "os valores do recurso respondido não são a soma das linhas",
        select(_p.numero)
        .select_from(
            tabelas.protocolo.join(tabelas.recurso, _r.protocolo_id == _p.id).outerjoin(
                _das_linhas, _das_linhas.c.recurso_id == _p.id
            )
        )
        .where(
            _p.analise_visivel,
            or_(
                _p.processado != _ou_zero(_das_linhas.c.recursado),
                _p.liberado != _ou_zero(_das_linhas.c.acatado),
                _p.glosa != _p.processado - _p.liberado,
            ),
        ),
    ),
    Verificacao(
        "soma-da-linha",
        ("recurso", "linha"),
        "o que a linha contesta ou recupera não é a soma das suas parcelas",
        select(_p.numero, _n.posicao)
        .select_from(
            tabelas.recurso_linha.join(tabelas.protocolo, _p.id == _n.recurso_id).outerjoin(
                _das_parcelas, _das_parcelas.c.linha_id == _n.id
            )
        )
        .where(
            or_(
                _n.recursado != _ou_zero(_das_parcelas.c.recursado),
                _n.acatado != _ou_zero(_das_parcelas.c.acatado),
            )
        ),
    ),
)
