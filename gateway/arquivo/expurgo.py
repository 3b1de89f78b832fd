"""O trabalho de expurgar: o que passou do prazo de guarda, em lotes pequenos."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from persistence import auditoria, retencao
from persistence.retencao import Prazos

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.secoes.arquivo import Arquivo
    from persistence.banco import Banco

_POR_LOTE = 200
_LOTES_POR_VEZ = 500


def expurgar(banco: Banco, agora: datetime, ajustes: Arquivo) -> str | None:
    """Apaga os bytes e os eventos de auditoria vencidos.

    Returns:
        O que se fez, ou ``None`` se nada havia.
    """
    prazos = Prazos(
        respondidas=timedelta(days=ajustes.retention_accepted),
        recusadas=timedelta(days=ajustes.retention_refused),
        desconhecidas=timedelta(days=ajustes.retention_unauthenticated),
    )
    mensagens = 0
    for _ in range(_LOTES_POR_VEZ):
        with banco.escrita() as conn:
            feitas = retencao.expurgar(conn, agora, prazos, _POR_LOTE)
        mensagens += feitas
        if feitas < _POR_LOTE:
            break
    with banco.escrita() as conn:
        eventos = auditoria.apagar(conn, agora - timedelta(days=ajustes.retention_audit))
    if not mensagens and not eventos:
        return None
    return f"mensagens expurgadas: {mensagens}; eventos de auditoria apagados: {eventos}"
