"""O que as regras de um recurso olham: o pedido, o protocolo e o que dele se pode contestar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dominio.recurso import AcimaDoSaldo, Alvo, Nivel, prender
from dominio.situacao import StatusProtocolo
from persistence import partes_pagas, protocolos, recursos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from dominio.recurso import Origem, Parcela, Saldo, Unidade
    from handlers.recurso_glosa.pedido import LinhaPedida, PedidoDeRecurso
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo


class Resolvida(NamedTuple):
    """Uma linha do pedido com o que se achou dela.

    Attributes:
        linha: como veio.
        alvo: o que contesta; ausente se a guia ou o item não se acha.
        guia_achada: se a guia é do lote e não foi cancelada; verdadeiro na do protocolo.
        inicio_do_prazo: data desde a qual o prazo corre; ausente, ainda não corre.
    """

    linha: LinhaPedida
    alvo: Alvo | None
    guia_achada: bool
    inicio_do_prazo: date | None


@dataclass(frozen=True, kw_only=True)
class Exame:
    """Um recurso a examinar.

    Attributes:
        pedido: como veio.
        protocolo: aquele de que se recorre.
        origem: por onde o recurso é feito.
        hoje: data de São Paulo do recebimento.
        linhas: resolvidas, na ordem do pedido.
        saldos: por contestar, de cada glosa do protocolo.
        abertas: chaves do que já se contesta.
    """

    pedido: PedidoDeRecurso
    protocolo: Protocolo
    origem: Origem
    hoje: date
    linhas: tuple[Resolvida, ...]
    saldos: Mapping[Unidade, Saldo]
    abertas: frozenset[str]

    @cached_property
    def parcelas(self) -> tuple[tuple[Parcela, ...] | None, ...]:
        """O que cada linha prende, na ordem; ausente na que passa do saldo.

        Vazio na que não alcança glosa nenhuma. O que uma linha prende já falta à seguinte.
        """
        livres = dict(self.saldos)
        presas: list[tuple[Parcela, ...] | None] = []
        for resolvida in self.linhas:
            if resolvida.alvo is None:
                presas.append(())
                continue
            try:
                da_linha = prender(resolvida.alvo, resolvida.linha.valor, livres)
            except AcimaDoSaldo:
                presas.append(None)
                continue
            for parcela in da_linha:
                antes = livres[parcela.unidade]
                livres[parcela.unidade] = antes._replace(preso=antes.preso + parcela.recursado)
            presas.append(da_linha)
        return tuple(presas)


def examinar(
    conn: Connection, pedido: PedidoDeRecurso, protocolo: Protocolo, origem: Origem, hoje: date
) -> Exame:
    """Acha cada coisa contestada; quem chama tem o protocolo trancado."""
    assert protocolo.lote_id is not None  # noqa: S101 - só se recorre de lotes
    guias = [
        g
        for g in protocolos.guias(conn, protocolo.lote_id)
        if g.status is not StatusProtocolo.CANCELADO
    ]
    itens = protocolos.itens(conn, protocolo.lote_id)
    prazo = prazos(conn, [protocolo])[protocolo.id]
    return Exame(
        pedido=pedido,
        protocolo=protocolo,
        origem=origem,
        hoje=hoje,
        linhas=tuple(_resolver(linha, guias, itens, prazo) for linha in pedido.linhas),
        saldos=recursos.saldos_do_protocolo(conn, protocolo.id),
        abertas=recursos.abertas(conn, protocolo.id),
    )


class Prazo(NamedTuple):
    """Desde quando corre o prazo: do pagamento ou, se nada se pagou, do encerramento.

    Attributes:
        das_guias: quando se pagou cada uma, pela posição.
        geral: o do protocolo; ausente, ainda não corre.
    """

    das_guias: Mapping[int, date]
    geral: date | None

    def da_guia(self, posicao: int | None) -> date | None:
        """Data desde a qual corre o de uma guia, ou o do protocolo; ausente, ainda não corre."""
        if posicao is None:
            return self.geral
        return self.das_guias.get(posicao, self.geral)


def prazos(conn: Connection, protocolos_: Sequence[Protocolo]) -> dict[int, Prazo]:
    """Desde quando corre o prazo de cada protocolo, pela sua chave.

    Args:
        conn: transação.
        protocolos_: aqueles de que se recorre.
    """
    pagas = partes_pagas.datas_pagas(conn, [p.id for p in protocolos_])
    gerais = {
        p.id: max(pagas.get(p.id, {}).values(), default=None) if _pago(p) else None
        for p in protocolos_
    }
    encerrados = [p.id for p in protocolos_ if gerais[p.id] is None and p.status in _ENCERRADOS]
    if encerrados:
        gerais |= recursos.desde_quando(conn, encerrados)
    return {chave: Prazo(pagas.get(chave, {}), geral) for chave, geral in gerais.items()}


def _pago(protocolo: Protocolo) -> bool:
    return protocolo.status is StatusProtocolo.PAGO


_ENCERRADOS = (StatusProtocolo.PAGO, StatusProtocolo.ENCERRADO_SEM_PAGAMENTO)


def _resolver(
    linha: LinhaPedida,
    guias: Sequence[GuiaGuardada],
    itens: Sequence[ItemGuardado],
    prazo: Prazo,
) -> Resolvida:
    if linha.nivel is Nivel.PROTOCOLO:
        alvo = Alvo(Nivel.PROTOCOLO, None, None, "", linha.codigo)
        return Resolvida(linha, alvo, guia_achada=True, inicio_do_prazo=prazo.da_guia(None))
    guia = _achar_guia(linha, guias)
    if guia is None:
        return Resolvida(linha, None, guia_achada=False, inicio_do_prazo=None)
    inicio = prazo.da_guia(guia.posicao)
    if linha.nivel is Nivel.GUIA:
        alvo = Alvo(Nivel.GUIA, guia.posicao, None, "", linha.codigo)
        return Resolvida(linha, alvo, guia_achada=True, inicio_do_prazo=inicio)
    achado = next(
        (i.posicao for i in itens if i.guia_posicao == guia.posicao and _e_o_item(linha, i)), None
    )
    do_item = (
        None if achado is None else Alvo(Nivel.ITEM, guia.posicao, achado, linha.grau, linha.codigo)
    )
    return Resolvida(linha, do_item, guia_achada=True, inicio_do_prazo=inicio)


def _achar_guia(linha: LinhaPedida, guias: Sequence[GuiaGuardada]) -> GuiaGuardada | None:
    """A guia pelo número do prestador; o da operadora, se os dois se sabem, tem de ser o dela."""
    dito = linha.guia_numero or ""
    exatas = [g for g in guias if g.numero_prestador == dito]
    if not exatas:
        exatas = [g for g in guias if _sem_zeros(g.numero_prestador) == _sem_zeros(dito)]
    for guia in exatas:
        if None in (linha.guia_operadora, guia.numero_operadora):
            return guia
        if _sem_zeros(linha.guia_operadora or "") == _sem_zeros(guia.numero_operadora or ""):
            return guia
    return None


def _e_o_item(linha: LinhaPedida, guardado: ItemGuardado) -> bool:
    item = guardado.item
    return (linha.sequencial, linha.tabela, linha.procedimento, linha.data_inicio) == (
        item.sequencial,
        item.tabela,
        item.codigo,
        item.data,
    )


def _sem_zeros(numero: str) -> str:
    return numero.lstrip("0")
