"""Desfazer o que se registrou numa análise ainda não finalizada."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import ANALISE_FINALIZADA, NADA_A_DESFAZER
from handlers import da_operadora
from handlers.analise.base import resposta
from persistence import analises, apontamentos, glosas, resultados

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.analise.pedido import AnaliseAtual, PedidoDeDescarte


def descartar(conn: Connection, operadora_id: int, pedido: PedidoDeDescarte) -> AnaliseAtual:
    """Tira os resultados de uma guia, ou todos os da análise em curso; o protocolo fica em análise.

    O que a análise automática apontou sai junto: ela volta a examinar a guia se se pedir.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, pedido.protocolo)
    analise = analises.viva(conn, protocolo.id)
    if analise is None:
        raise Impedimento(NADA_A_DESFAZER, Lugar(pedido.protocolo))
    if analise.estado == analises.FINALIZADA:
        raise Impedimento(ANALISE_FINALIZADA, Lugar(pedido.protocolo))
    da_operadora.exigir_revisao(analise.revisao, pedido.revisao)
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    feitas = [g.posicao for g in resultados.ler(conn, protocolo.id, protocolo.lote_id)]
    achados = apontamentos.do_protocolo(conn, protocolo.id)
    if pedido.guia is None:
        resultados.descartar(conn, protocolo.id, protocolo.lote_id, feitas)
        glosas.substituir_do_protocolo(conn, protocolo.id, (), "pessoa")
        apontamentos.substituir(conn, protocolo.id, ())
        return resposta(protocolo, analises.avancar(conn, analise, observacao=None))
    if pedido.guia not in feitas:
        raise Impedimento(NADA_A_DESFAZER, Lugar(pedido.protocolo, pedido.guia))
    resultados.descartar(conn, protocolo.id, protocolo.lote_id, [pedido.guia])
    outros = [a for a in achados if a.guia_posicao != pedido.guia]
    apontamentos.substituir(conn, protocolo.id, outros)
    return resposta(protocolo, analises.avancar(conn, analise))
