"""O que de um protocolo ainda se pode recursar: glosas e guias com o seu saldo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO
from persistence import protocolos, recursos

if TYPE_CHECKING:
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.recurso import Unidade
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
