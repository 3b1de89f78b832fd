"""Estornar um pagamento confirmado, inteiro ou em partes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.eventos import PAGAMENTO_ESTORNADO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE
from dominio.pagamento import (
    Desconto,
    EstadoPagamento,
    Indicador,
    Nivel,
    TipoLancamento,
    devolver,
)
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento import montagem, recursos
from handlers.pagamento.base import (
    exigir_estado,
    exigir_motivo,
    iniciais,
    trancar,
    trancar_protocolos,
)
from persistence import lancamentos, pagamentos, partes_pagas, webhooks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.pagamento.pedido import Alvo, PagamentoAtual
    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte
    from persistence.protocolos import Protocolo


def estornar(
    conn: Connection,
    operadora_id: int,
    pagamento_id: int,
    autor: Autor,
    *,
    motivo: str,
    alvos: tuple[Alvo, ...] | None = None,
    revisao: int | None = None,
) -> PagamentoAtual:
    """Desfaz o que se pagou: as guias voltam a 3, e podem pagar-se outra vez.

    O que já se disse pago não muda: o valor vira um débito 08 no próximo pagamento do prestador,
    com um crédito 08 do que dele se tinha retido.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    exigir_motivo(motivo)
    pagamento = trancar(conn, operadora_id, pagamento_id)
    exigir_estado(pagamento, EstadoPagamento.CONFIRMADO)
    da_operadora.exigir_revisao(pagamento.revisao, revisao)
    pagamentos.trancar_do_prestador(conn, pagamento.prestador_id)
    todas = list(partes_pagas.do_pagamento(conn, pagamento.id))
    vivas = [parte for parte in todas if parte.viva]
    trancados = trancar_protocolos(conn, operadora_id, vivas)
    dos_recursos = recursos.das_partes(conn, vivas)
    escolhidas = _escolher({**trancados, **dos_recursos}, vivas, alvos)
    ids = [parte.id for parte in escolhidas]
    partes_pagas.encerrar(conn, ids, quem=autor.quem, motivo=motivo, agora=autor.agora)
    for protocolo in trancados.values():
        _voltar(conn, protocolo, escolhidas, motivo, autor)
    for chave in dos_recursos.keys() & {parte.recurso_id for parte in escolhidas}:
        recursos.voltar(conn, dos_recursos[chave], motivo, autor)
    _lancar(conn, pagamento, todas, escolhidas, autor)
    webhooks.anotar(conn, operadora_id, PAGAMENTO_ESTORNADO, pagamento.id, em=autor.agora)
    mudancas = (
        {"estado": EstadoPagamento.ESTORNADO, "estornado_em": autor.agora}
        if len(escolhidas) == len(vivas)
        else {}
    )
    return montagem.montar(conn, pagamentos.avancar(conn, pagamento, **mudancas))


def _escolher(
    trancados: dict[int, Protocolo], vivas: list[Parte], alvos: tuple[Alvo, ...] | None
) -> list[Parte]:
    if alvos is None:
        return vivas
    escolhidas: dict[int, Parte] = {}
    for alvo in alvos:
        dele = {
            parte.guia_posicao: parte
            for parte in vivas
            if trancados[parte.recurso_id or parte.protocolo_id].numero == alvo.protocolo
        }
        for posicao in alvo.guias if alvo.guias is not None else dele:
            if posicao not in dele:
                raise Impedimento(GUIA_AUSENTE, Lugar(alvo.protocolo, posicao))
            escolhidas[dele[posicao].id] = dele[posicao]
        if not dele:
            raise Impedimento(GUIA_AUSENTE, Lugar(alvo.protocolo))
    if not escolhidas:
        raise Impedimento(GUIA_AUSENTE)
    return list(escolhidas.values())


def _voltar(
    conn: Connection,
    protocolo: Protocolo,
    escolhidas: list[Parte],
    motivo: str,
    autor: Autor,
) -> None:
    assert protocolo.lote_id is not None  # noqa: S101 - só se pagam lotes
    posicoes = [parte.guia_posicao for parte in iniciais(escolhidas, protocolo)]
    if not posicoes:
        return
    if protocolo.status is StatusProtocolo.PAGO:
        # o histórico diz por que voltou; as guias que continuam pagas voltam a dizê-lo
        da_operadora.transitar(conn, protocolo, StatusProtocolo.LIBERADO, motivo, autor)
        ainda = sorted(partes_pagas.guias_pagas(conn, protocolo.id))
        partes_pagas.mudar_guias(conn, protocolo.id, protocolo.lote_id, ainda, StatusProtocolo.PAGO)
    else:
        # liberado, ou bloqueado pela justiça
        partes_pagas.mudar_guias(conn, protocolo.id, protocolo.lote_id, posicoes, protocolo.status)


def _lancar(
    conn: Connection,
    pagamento: Pagamento,
    todas: list[Parte],
    escolhidas: list[Parte],
    autor: Autor,
) -> None:
    bruto = montagem.somar(todas).liberado
    antes = montagem.somar([p for p in todas if not p.viva]).liberado
    agora = montagem.somar(escolhidas).liberado
    retido = sum(
        (
            x.desconto.valor
            for x in lancamentos.do_pagamento(conn, pagamento.id)
            if x.origem == "retencao"
        ),
        ZERO,
    )
    quando = f"{dia(autor.agora) if pagamento.data is None else pagamento.data:%d/%m/%Y}"
    ajustes = [
        (Indicador.DEBITO, f"Estorno de pagamento de {quando}", agora),
        (
            Indicador.CREDITO,
            f"Retenções estornadas de {quando}",
            devolver(retido, bruto, antes, antes + agora) if bruto else ZERO,
        ),
    ]
    lancamentos.incluir(
        conn,
        pagamento.operadora_id,
        pagamento.prestador_id,
        [
            Desconto(indicador, TipoLancamento.AJUSTE_ANTERIOR, texto, valor, Nivel.DEMONSTRATIVO)
            for indicador, texto, valor in ajustes
            if valor > 0
        ],
        origem="estorno",
        quem=autor.quem,
        agora=autor.agora,
        estornado_id=pagamento.id,
    )
