"""Os trabalhos de expurgar: o que passou do prazo de guarda, em lotes pequenos."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from persistence import auditoria, retencao, retencao_de_documentos

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from gateway.secoes.arquivo import Arquivo
    from gateway.secoes.documentos import Documentos
    from persistence.banco import Banco

_POR_LOTE = 200
_LOTES_POR_VEZ = 500
_FOLGA = timedelta(days=1)
"""O gatilho que guarda a auditoria conta pelo relógio do banco, que pode ir atrás do daqui."""


def expurgar(banco: Banco, agora: datetime, ajustes: Arquivo) -> str | None:
    """Apaga os bytes das mensagens vencidas.

    Returns:
        O que se fez, ou ``None`` se nada havia.
    """
    prazos = retencao.Prazos(
        respondidas=timedelta(days=ajustes.retention_accepted),
        recusadas=timedelta(days=ajustes.retention_refused),
        desconhecidas=timedelta(days=ajustes.retention_unauthenticated),
    )
    feitas = _em_lotes(banco, lambda conn: retencao.expurgar(conn, agora, prazos, _POR_LOTE))
    return f"mensagens expurgadas: {feitas}" if feitas else None


def expurgar_documentos(banco: Banco, agora: datetime, ajustes: Documentos) -> str | None:
    """Dá por expurgados os documentos vencidos; o conteúdo apaga-o a varredura das sobras.

    Returns:
        O que se fez, ou ``None`` se nada havia.
    """
    prazos = retencao_de_documentos.Prazos(
        encerrados=timedelta(days=ajustes.retention_closed),
        cancelados=timedelta(days=ajustes.retention_cancelled),
        avulsos=timedelta(days=ajustes.retention_unclaimed),
    )
    feitos = _em_lotes(
        banco, lambda conn: retencao_de_documentos.expurgar(conn, agora, prazos, _POR_LOTE)
    )
    return f"documentos expurgados: {feitos}" if feitos else None


def expurgar_auditoria(banco: Banco, agora: datetime, ajustes: Arquivo) -> str | None:
    """Apaga os eventos de auditoria vencidos.

    Returns:
        O que se fez, ou ``None`` se nada havia.
    """
    feitos = apagar_auditoria(banco, agora - timedelta(days=ajustes.retention_audit) - _FOLGA)
    return f"eventos de auditoria apagados: {feitos}" if feitos else None


def apagar_auditoria(banco: Banco, antes_de: datetime) -> int:
    """Apaga os eventos de antes de um instante e diz quantos.

    Raises:
        ValueError: alcança eventos que ainda se devem guardar.
    """
    return _em_lotes(banco, lambda conn: auditoria.apagar(conn, antes_de, _POR_LOTE))


def _em_lotes(banco: Banco, lote: Callable[[Connection], int]) -> int:
    """Repete um lote, cada um na sua transação, até não haver mais ou bastar por esta vez."""
    total = 0
    for _ in range(_LOTES_POR_VEZ):
        with banco.escrita() as conn:
            feitos = lote(conn)
        total += feitos
        if feitos < _POR_LOTE:
            break
    return total
