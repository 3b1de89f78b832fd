"""Dar a uma guia o número que ela tem na operadora, uma só vez."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE, NUMERO_DA_GUIA_JA_DADO
from handlers import da_operadora
from persistence import protocolos

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Numerada(NamedTuple):
    """O que se fez.

    Attributes:
        numero_prestador: o da guia no prestador.
        repetida: se já tinha este número e nada se gravou.
    """

    numero_prestador: str
    repetida: bool


def numerar_guia(
    conn: Connection, operadora_id: int, numero: int, posicao: int, dado: str
) -> Numerada:
    """Grava o ``numeroGuiaOperadora`` de uma guia que ainda não o tem.

    O número sai nas respostas e nos demonstrativos seguintes, que por isso têm outro número.

    Raises:
        Impedimento: não há a guia, ou ela já tem outro número.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    lugar = Lugar(numero, posicao)
    guias = {g.posicao: g for g in protocolos.guias(conn, protocolo.lote_id or 0)}
    guia = guias.get(posicao)
    if guia is None:
        raise Impedimento(GUIA_AUSENTE, lugar)
    if guia.numero_operadora is None:
        protocolos.numerar_guia(conn, protocolo, posicao, dado)
        return Numerada(guia.numero_prestador, repetida=False)
    if guia.numero_operadora != dado:
        raise Impedimento(NUMERO_DA_GUIA_JA_DADO, lugar)
    return Numerada(guia.numero_prestador, repetida=True)
