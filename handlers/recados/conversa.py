"""Ler o que se disse sobre um lote, e de que pacientes se pode ter falado."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from persistence import anexos_de_recados, protocolos, recados

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from persistence.anexos_de_recados import AnexoDeRecado
    from persistence.recados import Recado


class Conversa(NamedTuple):
    """Os recados de um lote, do primeiro ao último.

    Attributes:
        recados: os dos dois lados.
        carteiras: dos pacientes de que os recados podem falar.
        anexos: chave do recado -> os arquivos que o acompanham.
    """

    recados: tuple[Recado, ...]
    carteiras: frozenset[str]
    anexos: Mapping[int, tuple[AnexoDeRecado, ...]]


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
    anexos = anexos_de_recados.do_protocolo(conn, operadora_id, protocolo.id)
    return Conversa(escritos, frozenset(carteiras), anexos)
