"""Liberar um lote analisado para pagamento, retirar a liberação, e prever o que se pagará."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.calendario import data_prevista
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import COM_PAGAMENTO_PREVISTO, SEM_ANALISE
from dominio.pagamento import EstadoPagamento, TipoPagamento
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento.base import exigir_motivo
from handlers.pagamento.pedido import Liberado, Previsto
from persistence import analises, pagamentos, partes_pagas

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.pagamentos import LiberadoSemPagar


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
    conn: Connection, operadora_id: int, hoje: date, *, prestador_id: int | None = None
) -> tuple[Previsto, ...]:
    """O que se espera pagar dos protocolos liberados (3), por data.

    O que já está num pagamento previsto espera-se na data dele; o resto, no último dia útil do
    mês em que se liberou.
    """
    linhas: list[Previsto] = []
    for liberado in pagamentos.liberados(conn, operadora_id, prestador_id):
        linhas += _do_protocolo(conn, operadora_id, liberado, hoje)
    return tuple(sorted(linhas, key=lambda p: (p.data, p.prestador_id, p.protocolo)))


def _do_protocolo(
    conn: Connection, operadora_id: int, liberado: LiberadoSemPagar, hoje: date
) -> list[Previsto]:
    falta = liberado.liberado
    previstos: dict[int, Previsto] = {}
    for pagamento_id, parte in partes_pagas.do_protocolo(conn, liberado.protocolo_id):
        if not parte.viva or parte.tipo is not TipoPagamento.INICIAL:
            continue
        falta -= parte.valores.liberado
        pagamento = pagamentos.ler(conn, operadora_id, pagamento_id)
        if pagamento is None or pagamento.estado is not EstadoPagamento.PREVISTO:
            continue
        antes = previstos.get(pagamento_id)
        previstos[pagamento_id] = Previsto(
            pagamento.data_prevista,
            liberado.prestador_id,
            liberado.protocolo,
            liberado.lote,
            parte.valores.liberado + (antes.liberado if antes else ZERO),
            pagamento_id,
        )
    linhas = list(previstos.values())
    if falta > 0:
        prevista = data_prevista(dia(liberado.liberado_em), hoje)
        linhas.append(
            Previsto(
                prevista, liberado.prestador_id, liberado.protocolo, liberado.lote, falta, None
            )
        )
    return linhas
