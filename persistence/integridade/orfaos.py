"""Linhas que apontam para outra que não há, ou que são de outro dono."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select

from persistence import tabelas
from persistence.integridade.verificacao import Verificacao
from persistence.particoes import largou_guias, largou_mensagem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ForeignKeyConstraint, Table

_p, _l, _g, _m = (t.c for t in (tabelas.protocolo, tabelas.lote, tabelas.guia, tabelas.mensagem))
_d, _r, _a, _i = (t.c for t in (tabelas.documento, tabelas.recurso, tabelas.analise, tabelas.item))
_LARGOU = {"mensagem": largou_mensagem, "guia": largou_guias}


def _das_chaves() -> Iterator[Verificacao]:
    for tabela in tabelas.metadados.sorted_tables:
        # por nome, para que a ordem dos achados seja sempre a mesma
        for restricao in sorted(tabela.foreign_key_constraints, key=lambda r: str(r.name)):
            yield _da_chave(tabela, restricao)


def _da_chave(tabela: Table, restricao: ForeignKeyConstraint) -> Verificacao:
    # uma tabela pode apontar para si mesma
    alvo = restricao.referred_table.alias()
    pares = [(e.parent, alvo.c[e.column.name]) for e in restricao.elements]
    ligadas = and_(*(filha.is_not(None) for filha, _ in pares))
    acha = exists().where(*(filha == mae for filha, mae in pares))
    # de um mês que se largou não falta nada
    largou = _LARGOU.get(restricao.referred_table.name)
    falta = () if largou is None else (~largou(pares[0][0]),)
    nomes = [filha.name for filha, _ in pares]
    # só as colunas da chave, que numeram: as outras podem dizer de quem a linha é
    return Verificacao(
        "orfao",
        tuple(f"{tabela.name}.{nome}" for nome in nomes),
        f"não há linha assim em {restricao.referred_table.name}",
        select(*(filha for filha, _ in pares)).where(ligadas, ~acha, *falta).distinct(),
    )


def _de_outro_dono() -> Iterator[Verificacao]:
    pares: tuple[tuple[str, Any, Any, Any], ...] = (
        (
            "lote",
            tabelas.protocolo.join(tabelas.lote, _l.id == _p.lote_id),
            (_p.numero,),
            or_(
                _l.operadora_id != _p.operadora_id,
                and_(_p.tipo == "lote", _l.prestador_id != _p.prestador_id),
            ),
        ),
        (
            "mensagem",
            tabelas.protocolo.join(tabelas.mensagem, _m.id == _p.mensagem_id),
            (_p.numero,),
            _m.operadora_id != _p.operadora_id,
        ),
        (
            "documento",
            tabelas.protocolo.join(tabelas.documento, _d.protocolo_id == _p.id),
            (_p.numero,),
            _d.operadora_id != _p.operadora_id,
        ),
        (
            "recurso",
            tabelas.protocolo.join(tabelas.recurso, _r.protocolo_id == _p.id),
            (_p.numero,),
            or_(_r.operadora_id != _p.operadora_id, _r.prestador_id != _p.prestador_id),
        ),
        (
            "analise",
            tabelas.protocolo.join(tabelas.analise, _a.protocolo_id == _p.id),
            (_p.numero,),
            _a.operadora_id != _p.operadora_id,
        ),
    )
    for nome, juntas, colunas, condicao in pares:
        yield Verificacao(
            "dono-trocado",
            ("protocolo",),
            f"o que há em {nome} é de outra operadora ou de outro prestador",
            select(*colunas).select_from(juntas).where(condicao),
        )


_SEM_PAR = (
    Verificacao(
        "lote-sem-protocolo",
        ("lote",),
        "o lote não recebeu protocolo",
        select(_l.id).where(~exists().where(_p.lote_id == _l.id)),
    ),
    Verificacao(
        "protocolo-sem-lote",
        ("protocolo",),
        "o protocolo é de um lote que não diz qual",
        select(_p.numero).where(_p.tipo == "lote", _p.lote_id.is_(None)),
    ),
    Verificacao(
        "guia-sem-itens",
        ("lote", "guia"),
        "a guia não tem itens",
        select(_g.lote_id, _g.posicao).where(
            ~exists().where(_i.lote_id == _g.lote_id, _i.guia_posicao == _g.posicao)
        ),
    ),
)

VERIFICACOES = (*_das_chaves(), *_SEM_PAR, *_de_outro_dono())
