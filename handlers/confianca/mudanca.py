"""Mudar o que se exige das assinaturas, de uma operadora ou de um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers.confianca.autoridades import ConfiancaRecusada
from handlers.confianca.politica import Modo
from persistence import confianca

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.prestadores import Prestador


def mudar_da_operadora(
    conn: Connection, operadora_id: int, mudancas: Mapping[str, Any], agora: datetime
) -> None:
    """Muda as políticas de assinatura de uma operadora; o que não se diz fica.

    Args:
        conn: transação de escrita.
        operadora_id: de quem.
        mudancas: colunas de ``persistence.tabelas.politica_de_assinatura``.
        agora: instante em UTC.

    Raises:
        ConfiancaRecusada: passaria a exigir assinatura sem nenhuma âncora na validade.
    """
    _exigir_ancoras(conn, operadora_id, mudancas, agora)
    confianca.politica_da_operadora(conn, operadora_id, mudancas)


def mudar_do_prestador(
    conn: Connection, prestador: Prestador, mudancas: Mapping[str, Any], agora: datetime
) -> None:
    """Muda as de um prestador; ``None`` volta a valer a da operadora.

    Argumentos e exceções como em ``mudar_da_operadora``.
    """
    _exigir_ancoras(conn, prestador.operadora_id, mudancas, agora)
    confianca.politica_do_prestador(conn, prestador.operadora_id, prestador.id, mudancas)


def _exigir_ancoras(
    conn: Connection, operadora_id: int, mudancas: Mapping[str, Any], agora: datetime
) -> None:
    exige = mudancas.get("assinatura_politica") == Modo.REQUIRED
    if exige and not confianca.ha_ancoras(conn, operadora_id, agora):
        raise ConfiancaRecusada(
            "sem uma âncora na validade toda mensagem seria recusada; antes guarde as autoridades"
            " em que se confia"
        )
