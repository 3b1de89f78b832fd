"""O que de um protocolo ainda se pode recursar: glosas e guias com o seu saldo."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from dominio.dinheiro import ZERO
from dominio.pagamento import TipoPagamento
from dominio.recurso import CONTESTAVEIS, Unidade, saldos
from dominio.situacao import StatusProtocolo
from persistence import protocolos, recursos, tabelas
from persistence.consultas.pagamentos import chave_do_prestador
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import ColumnElement

    from dominio.recurso import Saldo
    from persistence.protocolos import ItemGuardado, Protocolo


class GlosaRecursavel(NamedTuple):
    """Uma glosa de um protocolo com o seu saldo.

    Attributes:
        unidade: onde está, e o código.
        guia: número no prestador; ausente se é do protocolo.
        item: como foi cobrado; ausente se não é de item.
        glosado: reais.
        recursado: reais presos por recursos, em curso ou acatados.
        saldo: reais por recursar.
        aberta: se um recurso em curso contesta exatamente isto.
    """

    unidade: Unidade
    guia: str | None
    item: ItemGuardado | None
    glosado: Decimal
    recursado: Decimal
    saldo: Decimal
    aberta: bool


class GuiaRecursavel(NamedTuple):
    """Uma guia com glosas a recursar, com os valores da análise em reais."""

    posicao: int
    numero_prestador: str
    codigos: tuple[str, ...]
    processado: Decimal
    liberado: Decimal
    glosado: Decimal
    recursado: Decimal
    saldo: Decimal


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        prestador: código na operadora.
        protocolo: número.
        lote: número do lote no prestador.
        recebido_de: primeiro dia de São Paulo.
        recebido_ate: último dia de São Paulo.
        homologacao: se são os de homologação, em lugar dos reais.
        no_prazo_desde: sem os que se pagaram, ou encerraram sem pagamento, antes deste dia.
    """

    prestador: str | None = None
    protocolo: int | None = None
    lote: str | None = None
    recebido_de: date | None = None
    recebido_ate: date | None = None
    homologacao: bool = False
    no_prazo_desde: date | None = None


class AjusteDoPrazo(NamedTuple):
    """O que se mudou numa regra, para todos ou para um prestador; o que falta não mudou."""

    prestador_id: int | None
    nivel: str | None
    tolerancia: int | None


class ProtocoloGlosado(NamedTuple):
    """Um protocolo analisado com glosas.

    Attributes:
        protocolo: como se guardou.
        prestador: código na operadora.
        prestador_nome: o do cadastro.
        saldos: de cada glosa.
        abertas: chaves do que recursos em curso contestam.
    """

    protocolo: Protocolo
    prestador: str
    prestador_nome: str
    saldos: dict[Unidade, Saldo]
    abertas: frozenset[str]


_p = tabelas.protocolo.c
_l = tabelas.lote.c
_pr = tabelas.prestador.c
_g = tabelas.glosa.c
_n = tabelas.recurso_linha.c
_x = tabelas.pagamento_parte.c
_t = tabelas.pagamento.c
_h = tabelas.historico.c
_a = tabelas.regra_ajuste.c


def glosados(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    antes_de: int | None = None,
    limite: int = 100,
    do_menor: bool = False,
) -> tuple[ProtocoloGlosado, ...]:
    """Os protocolos analisados que têm glosas, do maior número ao menor, tenham saldo ou não.

    Args:
        conn: transação.
        operadora_id: de quem são.
        filtro: o que se quer ver.
        antes_de: continua depois do protocolo de um número.
        limite: quantos.
        do_menor: do menor número ao maior.
    """
    dele: tuple[ColumnElement[bool], ...] = ()
    if filtro.prestador is not None:
        # pela chave, que diz ao banco quantos são
        chave = chave_do_prestador(conn, operadora_id, filtro.prestador)
        if chave is None:
            return ()
        dele = (_p.prestador_id == chave,)
    tem_glosa = select(_g.id).where(_g.protocolo_id == _p.id, _g.valor >= ZERO).exists()
    consulta = (
        select(_p.id, _pr.codigo, _pr.nome)
        .select_from(
            tabelas.protocolo.join(tabelas.lote, _l.id == _p.lote_id).join(
                tabelas.prestador, _pr.id == _p.prestador_id
            )
        )
        .where(
            _p.operadora_id == operadora_id,
            _p.analise_visivel,
            _p.status.in_([int(s) for s in CONTESTAVEIS]),
            tem_glosa,
            *dele,
            *_condicoes(filtro),
        )
    )
    if antes_de is not None:
        continua = _p.numero > antes_de if do_menor else _p.numero < antes_de
        consulta = consulta.where(continua)
    ordem = _p.numero.asc() if do_menor else _p.numero.desc()
    achados = conn.execute(consulta.order_by(ordem).limit(limite)).all()
    ids = [achado[0] for achado in achados]
    inteiros = protocolos.por_ids(conn, ids)
    dos_saldos = _saldos(conn, ids)
    abertas = _abertas(conn, ids)
    return tuple(
        ProtocoloGlosado(
            inteiros[chave], codigo, nome, dos_saldos[chave], frozenset(abertas[chave])
        )
        for chave, codigo, nome in achados
    )


def _condicoes(f: Filtro) -> list[ColumnElement[bool]]:
    condicoes: list[ColumnElement[bool]] = [_p.homologacao == f.homologacao]
    for coluna, valor in (
        (_p.numero, f.protocolo),
        (_l.numero, f.lote),
    ):
        if valor is not None:
            condicoes.append(coluna == valor)
    if f.no_prazo_desde is not None:
        condicoes.append(_no_prazo(f.no_prazo_desde))
    if f.recebido_de is not None:
        condicoes.append(_p.recebido_em >= limites_do_dia(f.recebido_de)[0])
    if f.recebido_ate is not None:
        condicoes.append(_p.recebido_em < limites_do_dia(f.recebido_ate)[1])
    return condicoes


def ajustes_de(conn: Connection, operadora_id: int, regra: str) -> tuple[AjusteDoPrazo, ...]:
    """Os ajustes de uma regra numa operadora: o de todos e o de cada prestador que tem o seu."""
    consulta = select(_a.prestador_id, _a.nivel, _a.tolerancia).where(
        _a.operadora_id == operadora_id, _a.regra == regra
    )
    return tuple(AjusteDoPrazo._make(linha) for linha in conn.execute(consulta))


def _no_prazo(desde: date) -> ColumnElement[bool]:
    """Se uma guia ao menos se pagou desde um dia, ou nada há que faça o prazo correr."""
    paga = (
        select(_x.id)
        .join_from(tabelas.pagamento_parte, tabelas.pagamento)
        .where(_x.protocolo_id == _p.id, _x.viva, _x.tipo == TipoPagamento.INICIAL.value)
        .correlate(tabelas.protocolo)
    )
    chegou = select(_h.id).where(
        _h.protocolo_id == _p.id, _h.para == _p.status, _h.em >= limites_do_dia(desde)[0]
    )
    return or_(
        _p.status.not_in([int(StatusProtocolo.PAGO), int(StatusProtocolo.ENCERRADO_SEM_PAGAMENTO)]),
        paga.where(_t.data >= desde).exists(),
        and_(~paga.where(_t.data.is_not(None)).exists(), chegou.exists()),
    )


def _saldos(conn: Connection, ids: Sequence[int]) -> dict[int, dict[Unidade, Saldo]]:
    glosado: dict[int, list[tuple[Unidade, Decimal]]] = defaultdict(list)
    consulta = (
        select(_g.protocolo_id, _g.guia_posicao, _g.item_posicao, _g.grau, _g.codigo, _g.valor)
        .where(_g.protocolo_id.in_(ids))
        .order_by(_g.protocolo_id, _g.id)
    )
    for protocolo_id, guia, item, grau, codigo, valor in conn.execute(consulta):
        glosado[protocolo_id].append((Unidade(guia, item, grau or "", codigo), valor))
    presas = recursos.presas_de(conn, ids)
    return {chave: saldos(glosado[chave], presas[chave]) for chave in ids}


def _abertas(conn: Connection, ids: Collection[int]) -> dict[int, set[str]]:
    juntas: dict[int, set[str]] = defaultdict(set)
    consulta = select(_n.original_id, _n.chave).where(_n.original_id.in_(ids), _n.aberta)
    for original_id, chave in conn.execute(consulta):
        juntas[original_id].add(chave)
    return juntas


def glosas_a_recursar(
    conn: Connection, protocolo: Protocolo, guia: str | None = None
) -> tuple[GlosaRecursavel, ...]:
    """As glosas de um protocolo com o saldo de cada uma; quem chama sabe de quem ele é.

    Args:
        conn: transação.
        protocolo: de um lote já analisado.
        guia: número no prestador, zeros à esquerda à parte; ausente, todas.
    """
    if protocolo.lote_id is None or not protocolo.analise_visivel:
        return ()
    numeros = {g.posicao: g.numero_prestador for g in protocolos.guias(conn, protocolo.lote_id)}
    itens = {(i.guia_posicao, i.posicao): i for i in protocolos.itens(conn, protocolo.lote_id)}
    abertas = recursos.abertas(conn, protocolo.id)
    return tuple(
        GlosaRecursavel(
            unidade,
            None if unidade.guia is None else numeros[unidade.guia],
            itens.get((unidade.guia or 0, unidade.item or 0)),
            saldo.glosado,
            saldo.preso,
            saldo.livre,
            unidade.como_alvo.chave in abertas,
        )
        for unidade, saldo in recursos.saldos_do_protocolo(conn, protocolo.id).items()
        if guia is None
        or (unidade.guia is not None and numeros[unidade.guia].lstrip("0") == guia.lstrip("0"))
    )


def guias_a_recursar(conn: Connection, protocolo: Protocolo) -> tuple[GuiaRecursavel, ...]:
    """As guias de um protocolo com glosas, cada uma com os seus códigos e o saldo."""
    if protocolo.lote_id is None:
        return ()
    da_guia: dict[int, list[GlosaRecursavel]] = {}
    for glosa in glosas_a_recursar(conn, protocolo):
        if glosa.unidade.guia is not None:
            da_guia.setdefault(glosa.unidade.guia, []).append(glosa)
    return tuple(
        GuiaRecursavel(
            g.posicao,
            g.numero_prestador,
            tuple(dict.fromkeys(x.unidade.codigo for x in da_guia[g.posicao])),
            g.processado,
            g.liberado,
            sum((x.glosado for x in da_guia[g.posicao]), ZERO),
            sum((x.recursado for x in da_guia[g.posicao]), ZERO),
            sum((x.saldo for x in da_guia[g.posicao]), ZERO),
        )
        for g in protocolos.guias(conn, protocolo.lote_id)
        if g.posicao in da_guia
    )
