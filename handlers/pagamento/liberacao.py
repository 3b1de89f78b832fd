"""Liberar um lote analisado para pagamento, retirar a liberação, e prever o que se pagará."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.calendario import data_prevista
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import COM_PAGAMENTO_PREVISTO, SEM_ANALISE
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento.base import exigir_motivo
from handlers.pagamento.pedido import Liberado, Previsto
from persistence import analises, pagamentos, partes_pagas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.pagamentos import LiberadoSemPagar
    from persistence.partes_pagas import Presa


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
    presas = partes_pagas.presas(conn, operadora_id, prestador_id)
    for liberado in pagamentos.liberados(conn, operadora_id, prestador_id):
        linhas += _do_protocolo(liberado, presas.get(liberado.protocolo_id, []), hoje)
    return tuple(sorted(linhas, key=lambda p: (p.data, p.prestador_id, p.protocolo)))


def _do_protocolo(
    liberado: LiberadoSemPagar, presas: Sequence[Presa], hoje: date
) -> Iterator[Previsto]:
    de_quem = (liberado.prestador_id, liberado.protocolo, liberado.lote)
    for presa in presas:
        if presa.previsto:
            yield Previsto(presa.data_prevista, *de_quem, presa.liberado, presa.pagamento_id)
    falta = liberado.liberado - sum((presa.liberado for presa in presas), ZERO)
    if falta > 0:
        prevista = data_prevista(dia(liberado.liberado_em), hoje)
        yield Previsto(prevista, *de_quem, falta, None)
