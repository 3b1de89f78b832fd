"""O ``numeroGuiaOperadora`` das guias que não o trazem, se a operadora o gera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.competencia import competencia
from dominio.numeracao import numero
from persistence import protocolos, series

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from dominio.lote import Lote
    from handlers.contexto import Contexto


def numerar(conn: Connection, contexto: Contexto, lote: Lote, hoje: date) -> Lote:
    """O lote com um número em cada guia que vem sem ele; sem padrão, como veio.

    Args:
        conn: transação que registra o lote.
        contexto: diz o padrão da operadora.
        lote: como veio.
        hoje: data de São Paulo em que chegou.
    """
    padrao = contexto.operadora.padrao_guia
    faltam = [g for g in lote.guias if g.numero_operadora is None] if padrao else []
    if padrao is None or not faltam:
        return lote
    primeiro = series.reservar_guias(
        conn,
        contexto.operadora.id,
        len(faltam),
        homologacao=contexto.prestador.homologacao,
    )
    sequencia = iter(range(primeiro, primeiro + len(faltam)))
    mes = competencia(hoje)
    return lote._replace(
        guias=tuple(
            g
            if g.numero_operadora is not None
            else g._replace(numero_operadora=numero(padrao, next(sequencia), mes))
            for g in lote.guias
        )
    )


def como_gravado(conn: Connection, lote: Lote, lote_id: int) -> Lote:
    """O mesmo lote com os números que as suas guias têm aqui."""
    if all(g.numero_operadora is not None for g in lote.guias):
        return lote
    gravados = {g.posicao: g.numero_operadora for g in protocolos.guias(conn, lote_id)}
    return lote._replace(
        guias=tuple(
            g._replace(numero_operadora=gravados.get(posicao, g.numero_operadora))
            for posicao, g in enumerate(lote.guias, 1)
        )
    )
