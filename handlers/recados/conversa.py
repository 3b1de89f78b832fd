"""Ler o que se disse sobre um lote, e de que pacientes se pode ter falado."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from persistence import protocolos, recados

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.recados import Recado


class Conversa(NamedTuple):
    """Os recados de um lote, do primeiro ao último.

    Attributes:
        recados: os dos dois lados.
        carteiras: dos pacientes de que os recados podem falar.
    """

    recados: tuple[Recado, ...]
    carteiras: frozenset[str]


def ler(conn: Connection, operadora_id: int, numero: int) -> Conversa | None:
    """A conversa sobre um lote; ler não dá nenhum recado por lido.

    Args:
        conn: leitura.
        operadora_id: dona do lote.
        numero: do protocolo.

    Returns:
        A conversa; ausente se a operadora não tem lote com esse protocolo.
    """
    protocolo = protocolos.por_numero(conn, operadora_id, numero)
    if protocolo is None or protocolo.lote_id is None:
        return None
    escritos = recados.do_protocolo(conn, operadora_id, protocolo.id)
    citadas = {r.guia_posicao for r in escritos}
    guias = protocolos.guias(conn, protocolo.lote_id)
    # um recado sobre o lote pode falar de qualquer paciente dele
    carteiras = (g.beneficiario.carteira for g in guias if {g.posicao, None} & citadas)
    return Conversa(escritos, frozenset(carteiras))
