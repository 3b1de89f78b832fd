"""O que criar, confirmar, cancelar e estornar têm em comum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.impedimento import Impedimento
from dominio.impedimentos import ESTADO_DO_PAGAMENTO, MOTIVO_AUSENTE, PAGAMENTO_AUSENTE
from dominio.pagamento import EstadoPagamento, TipoPagamento
from handlers import da_operadora
from persistence import pagamentos, protocolos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte
    from persistence.protocolos import Protocolo


def trancar(conn: Connection, operadora_id: int, pagamento_id: int) -> Pagamento:
    """Um pagamento da operadora, trancado até o fim da transação.

    Raises:
        Impedimento: a operadora não o tem.
    """
    pagamento = pagamentos.trancar(conn, operadora_id, pagamento_id)
    if pagamento is None:
        raise Impedimento(PAGAMENTO_AUSENTE)
    return pagamento


def trancar_protocolos(
    conn: Connection, operadora_id: int, quais: Sequence[Parte]
) -> dict[int, Protocolo]:
    """Os protocolos das partes, trancados pela ordem do número, pela chave."""
    chaves = {parte.protocolo_id for parte in quais}
    numeros = sorted(p.numero for p in protocolos.por_ids(conn, chaves).values())
    trancados = (da_operadora.trancar_lote(conn, operadora_id, n) for n in numeros)
    return {protocolo.id: protocolo for protocolo in trancados}


def exigir_motivo(motivo: str) -> None:
    """O que desfaz um pagamento diz por quê.

    Raises:
        Impedimento: não o diz, ou não cabe no histórico.
    """
    if not motivo.strip():
        raise Impedimento(MOTIVO_AUSENTE)
    da_operadora.conferir_texto(motivo, 500)


def exigir_estado(pagamento: Pagamento, estado: EstadoPagamento) -> None:
    """Só deixa passar um pagamento num estado.

    Raises:
        Impedimento: está noutro.
    """
    if pagamento.estado is not estado:
        raise Impedimento(ESTADO_DO_PAGAMENTO, detalhe=f"Está {pagamento.estado}.")


def iniciais(partes: Sequence[Parte], protocolo: Protocolo) -> list[Parte]:
    """As partes de um protocolo que não são de recurso: as que mudam a situação dele."""
    return [
        parte
        for parte in partes
        if parte.protocolo_id == protocolo.id and parte.tipo is TipoPagamento.INICIAL
    ]
