"""Confirmar um pagamento, e cancelar o que não se confirmou."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.eventos import PAGAMENTO_CONFIRMADO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import LIQUIDO_NEGATIVO, MUDOU_DEPOIS, NAO_LIBERADO, NOTA_PENDENTE
from dominio.pagamento import EstadoNota, EstadoPagamento
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
from handlers.pagamento.partes import a_pagar
from persistence import lancamentos, pagamentos, partes_pagas, protocolos, webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.pagamento.pedido import PagamentoAtual
    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte
    from persistence.protocolos import Protocolo


def confirmar(
    conn: Connection,
    operadora_id: int,
    pagamento_id: int,
    autor: Autor,
    *,
    data: date,
    revisao: int | None = None,
) -> PagamentoAtual:
    """Diz que se pagou: as guias passam a 6, e o protocolo também quando nada mais falta.

    Confirmar de novo com a mesma data responde o mesmo, sem nada mudar.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    pagamento = trancar(conn, operadora_id, pagamento_id)
    if pagamento.estado is EstadoPagamento.CONFIRMADO and pagamento.data == data:
        return montagem.montar(conn, pagamento)._replace(repetido=True)
    exigir_estado(pagamento, EstadoPagamento.PREVISTO)
    da_operadora.exigir_revisao(pagamento.revisao, revisao)
    pagamentos.trancar_do_prestador(conn, pagamento.prestador_id)
    vivas = [p for p in partes_pagas.do_pagamento(conn, pagamento.id) if p.viva]
    trancados = trancar_protocolos(conn, operadora_id, vivas)
    _conferir_partes(conn, trancados, vivas)
    previa = montagem.montar(conn, pagamento)
    if pagamento.exige_nota and previa.nota != EstadoNota.ACEITA:
        raise Impedimento(NOTA_PENDENTE)
    if previa.liquido.liquido < 0:
        raise Impedimento(LIQUIDO_NEGATIVO)
    _juntar(conn, pagamento, autor)
    for protocolo in trancados.values():
        _pagar(conn, protocolo, vivas, autor)
    for recurso in recursos.das_partes(conn, vivas).values():
        recursos.pagar(conn, recurso, autor)
    feito = pagamentos.avancar(
        conn,
        pagamento,
        estado=EstadoPagamento.CONFIRMADO,
        data=data,
        confirmado_em=autor.agora,
        confirmado_por=autor.quem,
    )
    webhooks.anotar(conn, operadora_id, PAGAMENTO_CONFIRMADO, pagamento.id, em=autor.agora)
    return montagem.montar(conn, feito)


def cancelar(
    conn: Connection,
    operadora_id: int,
    pagamento_id: int,
    autor: Autor,
    *,
    motivo: str,
    revisao: int | None = None,
) -> PagamentoAtual:
    """Desfaz um pagamento que não se confirmou; as guias podem ir a outro.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    exigir_motivo(motivo)
    pagamento = trancar(conn, operadora_id, pagamento_id)
    exigir_estado(pagamento, EstadoPagamento.PREVISTO)
    da_operadora.exigir_revisao(pagamento.revisao, revisao)
    ids = [parte.id for parte in partes_pagas.do_pagamento(conn, pagamento.id)]
    partes_pagas.encerrar(conn, ids, quem=autor.quem, motivo=motivo, agora=autor.agora)
    lancamentos.apagar(conn, pagamento.id)
    feito = pagamentos.avancar(conn, pagamento, estado=EstadoPagamento.CANCELADO)
    return montagem.montar(conn, feito)


def _conferir_partes(
    conn: Connection, trancados: Mapping[int, Protocolo], vivas: list[Parte]
) -> None:
    for protocolo in trancados.values():
        dele = iniciais(vivas, protocolo)
        if dele and protocolo.status is not StatusProtocolo.LIBERADO:
            detalhe = f"Está em {int(protocolo.status)}."
            raise Impedimento(NAO_LIBERADO, Lugar(protocolo.numero), detalhe)
        atuais = {
            p.guia_posicao: p.valores
            for p in a_pagar(conn, protocolo, [p.guia_posicao for p in dele])
        }
        for parte in dele:
            if atuais[parte.guia_posicao] != parte.valores:
                raise Impedimento(MUDOU_DEPOIS, Lugar(protocolo.numero, parte.guia_posicao))


def _juntar(conn: Connection, pagamento: Pagamento, autor: Autor) -> None:
    bruto = montagem.somar(
        [p for p in partes_pagas.do_pagamento(conn, pagamento.id) if p.viva]
    ).liberado
    for novo, resto in montagem.acrescimos(conn, pagamento, bruto):
        if novo.id and not resto:
            lancamentos.prender(conn, [novo.id], pagamento.id)
            continue
        if novo.id:
            lancamentos.reduzir(conn, novo.id, resto)
        lancamentos.incluir(
            conn,
            pagamento.operadora_id,
            pagamento.prestador_id,
            [novo.desconto],
            origem=novo.origem,
            quem=autor.quem,
            agora=autor.agora,
            pagamento_id=pagamento.id,
            estornado_id=novo.estornado_id,
        )


def _pagar(conn: Connection, protocolo: Protocolo, vivas: list[Parte], autor: Autor) -> None:
    assert protocolo.lote_id is not None  # noqa: S101 - só se pagam lotes
    pagas = {parte.guia_posicao for parte in iniciais(vivas, protocolo)}
    partes_pagas.mudar_guias(
        conn, protocolo.id, protocolo.lote_id, sorted(pagas), StatusProtocolo.PAGO
    )
    guias = protocolos.guias(conn, protocolo.lote_id)
    if pagas and all(g.status is not StatusProtocolo.LIBERADO for g in guias):
        da_operadora.transitar(conn, protocolo, StatusProtocolo.PAGO, "pagamento confirmado", autor)
