"""Liberar um lote analisado para pagamento, retirar a liberação, e prever o que se pagará."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.calendario import data_prevista
from dominio.competencia import dia
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import COM_PAGAMENTO_PREVISTO, SEM_ANALISE
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento.base import exigir_motivo
from handlers.pagamento.pedido import Liberado
from persistence import analises, partes_pagas
from persistence.consultas import previsao

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.consultas.previsao import Previsto


def liberar(conn: Connection, operadora_id: int, numero: int, autor: Autor) -> Liberado:
    """Passa um lote analisado (5) a liberado para pagamento (3).

    Liberar o que já está liberado responde o mesmo, sem nada mudar.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    hoje = dia(autor.agora)
    if protocolo.status is not StatusProtocolo.LIBERADO:
        da_operadora.exigir_situacao(protocolo, StatusProtocolo.ANALISADO)
        analise = analises.viva(conn, protocolo.id)
        if analise is None or analise.estado != analises.FINALIZADA:
            raise Impedimento(SEM_ANALISE, Lugar(numero))
        da_operadora.transitar(
            conn, protocolo, StatusProtocolo.LIBERADO, "liberado para pagamento", autor
        )
    prevista = data_prevista(hoje, hoje)
    return Liberado(numero, StatusProtocolo.LIBERADO, prevista, protocolo.liberado)


def retirar(
    conn: Connection, operadora_id: int, numero: int, autor: Autor, *, motivo: str
) -> Liberado:
    """Passa um lote liberado (3), e ainda em nenhum pagamento, de volta a analisado (5).

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    exigir_motivo(motivo)
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    da_operadora.exigir_situacao(protocolo, StatusProtocolo.LIBERADO)
    if partes_pagas.com_vivas(conn, protocolo.id):
        raise Impedimento(COM_PAGAMENTO_PREVISTO, Lugar(numero))
    da_operadora.transitar(conn, protocolo, StatusProtocolo.ANALISADO, motivo, autor)
    return Liberado(numero, StatusProtocolo.ANALISADO, None, protocolo.liberado)


def prever(
    conn: Connection,
    operadora_id: int,
    hoje: date,
    *,
    prestador_id: int | None = None,
    sem_pagamento: bool = False,
    passadas: int = 0,
    limite: int | None = None,
) -> tuple[Previsto, ...]:
    """O que se espera pagar dos protocolos liberados (3), por data, prestador e número.

    O que já está num pagamento previsto espera-se na data dele; o resto, que se liberou até hoje,
    no último dia útil deste mês ou, passado ele, do seguinte.

    Args:
        conn: leitura.
        operadora_id: quem paga.
        hoje: data de São Paulo.
        prestador_id: só o dele.
        sem_pagamento: só o que ainda não está num pagamento.
        passadas: quantas linhas se saltam.
        limite: quantas; ausente, todas.
    """
    return previsao.listar(
        conn, operadora_id, data_prevista(hoje, hoje), prestador_id=prestador_id,
        sem_pagamento=sem_pagamento, passadas=passadas, limite=limite,
    )  # fmt: skip


def totais_previstos(conn: Connection, operadora_id: int, hoje: date) -> dict[date, Decimal]:
    """Data -> reais de tudo o que ``prever`` diz nela."""
    return previsao.totais(conn, operadora_id, data_prevista(hoje, hoje))
