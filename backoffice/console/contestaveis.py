"""As glosas de um protocolo como linhas de um formulário, pelo nível em que se contestam."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO
from dominio.recurso import Nivel
from persistence.consultas import recursaveis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from handlers.recurso_glosa.recursaveis import Prazos
    from persistence.consultas.recursaveis import GlosaRecursavel, GuiaRecursavel
    from persistence.protocolos import Protocolo


class Contestavel(NamedTuple):
    """Uma linha do formulário: uma glosa com saldo, ou todas as de um código numa guia.

    Attributes:
        chave: nome dos campos dela no formulário.
        nivel: o que se contesta.
        guia: posição; ausente se é do protocolo.
        numero_guia: no prestador.
        item: posição na guia; ausente se não é de item.
        grau: ``dm_grauPart``.
        codigo: da glosa.
        sequencial: do item, como foi cobrado.
        tabela: do item.
        procedimento: do item.
        descricao: do item.
        glosado: reais.
        saldo: reais por recursar.
        livre: se se pode contestar agora.
        prazo: o último dia; ausente se não corre.
    """

    chave: str
    nivel: Nivel
    guia: int | None
    numero_guia: str | None
    item: int | None
    grau: str
    codigo: str
    sequencial: int | None
    tabela: str | None
    procedimento: str | None
    descricao: str | None
    glosado: Decimal
    saldo: Decimal
    livre: bool
    prazo: date | None


def oferecidas(
    conn: Connection, protocolo: Protocolo, nivel: Nivel, guia: str | None, prazos: Prazos
) -> Iterator[Contestavel]:
    """As linhas de um protocolo num nível.

    Args:
        conn: leitura.
        protocolo: de um lote analisado.
        nivel: o que se quer contestar.
        guia: só as da guia com este número no prestador.
        prazos: até quando se recorre de cada guia.
    """
    glosas = recursaveis.glosas_a_recursar(conn, protocolo, guia)
    if nivel is Nivel.PROTOCOLO:
        yield from _do_protocolo(glosas, prazos)
    elif nivel is Nivel.GUIA:
        posicoes = {g.unidade.guia for g in glosas}
        for da_guia in recursaveis.guias_a_recursar(conn, protocolo):
            if da_guia.posicao in posicoes:
                yield from _da_guia(da_guia, glosas, prazos)
    else:
        yield from (_do_item(uma, prazos) for uma in glosas if uma.item is not None)


def _do_protocolo(glosas: Sequence[GlosaRecursavel], prazos: Prazos) -> Iterator[Contestavel]:
    for codigo in dict.fromkeys(g.unidade.codigo for g in glosas if g.unidade.guia is None):
        dele = [g for g in glosas if g.unidade.guia is None and g.unidade.codigo == codigo]
        yield Contestavel(
            f"p-{codigo}", Nivel.PROTOCOLO, None, None, None, "", codigo, None, None, None, None,
            sum((g.glosado for g in dele), ZERO), sum((g.saldo for g in dele), ZERO),
            any(_livre(g) for g in dele) and prazos.aberto(None), prazos.da_guia(None),
        )  # fmt: skip


def _da_guia(
    da_guia: GuiaRecursavel,
    glosas: Sequence[GlosaRecursavel],
    prazos: Prazos,
) -> Iterator[Contestavel]:
    posicao = da_guia.posicao
    for codigo in da_guia.codigos:
        dele = [g for g in glosas if g.unidade.guia == posicao and g.unidade.codigo == codigo]
        yield Contestavel(
            f"g{posicao}-{codigo}", Nivel.GUIA, posicao, da_guia.numero_prestador, None, "",
            codigo, None, None, None, None, sum((g.glosado for g in dele), ZERO),
            sum((g.saldo for g in dele), ZERO),
            any(_livre(g) for g in dele) and prazos.aberto(posicao), prazos.da_guia(posicao),
        )  # fmt: skip


def _do_item(uma: GlosaRecursavel, prazos: Prazos) -> Contestavel:
    onde, guardado = uma.unidade, uma.item
    assert guardado is not None  # noqa: S101 - só se pedem as de item
    item = guardado.item
    return Contestavel(
        f"g{onde.guia}-i{onde.item}-{onde.grau}-{onde.codigo}", Nivel.ITEM, onde.guia, uma.guia,
        onde.item, onde.grau, onde.codigo, item.sequencial, item.tabela, item.codigo,
        item.descricao, uma.glosado, uma.saldo, _livre(uma) and prazos.aberto(onde.guia),
        prazos.da_guia(onde.guia),
    )  # fmt: skip


def _livre(uma: GlosaRecursavel) -> bool:
    """De um código sem valor contesta-se o motivo, uma vez."""
    return uma.saldo > 0 if uma.glosado else not uma.aberta
