"""O que se pode pagar de um protocolo: cada guia liberada com o seu quinhão do total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.analise import Valores
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE, NAO_LIBERADO
from dominio.pagamento import ratear
from dominio.situacao import StatusProtocolo
from persistence import protocolos
from persistence.partes_pagas import Parte

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from persistence.protocolos import Protocolo


def valores_a_pagar(conn: Connection, protocolo: Protocolo) -> dict[int, Valores]:
    """Valores com que cada guia se paga, pela posição; a soma é a do protocolo.

    Uma glosa do protocolo inteiro reparte-se pelas guias em proporção ao liberado delas, ao
    centavo, para que pagar guia a guia some o mesmo que pagar o lote. O quinhão não depende de
    que guias se pagam agora.
    """
    assert protocolo.lote_id is not None  # noqa: S101 - só se pagam lotes
    todas = protocolos.guias(conn, protocolo.lote_id)
    guias = [g for g in todas if g.status is not StatusProtocolo.CANCELADO]
    pesos = [g.liberado for g in guias]
    processado = _quinhoes(protocolo.processado, [g.processado for g in guias], pesos)
    liberado = _quinhoes(protocolo.liberado, pesos, pesos)
    glosa = _quinhoes(protocolo.glosa, [g.glosa for g in guias], pesos)
    return {
        g.posicao: Valores(g.informado, *valores)
        for g, *valores in zip(guias, processado, liberado, glosa, strict=True)
    }


def a_pagar(conn: Connection, protocolo: Protocolo, posicoes: Sequence[int] | None) -> list[Parte]:
    """As partes com que se pagam as guias pedidas, ou todas as que estão por pagar.

    Raises:
        Impedimento: uma das pedidas não existe ou não está liberada.
    """
    assert protocolo.lote_id is not None  # noqa: S101 - só se pagam lotes
    situacoes = {g.posicao: g.status for g in protocolos.guias(conn, protocolo.lote_id)}
    liberadas = [p for p, status in situacoes.items() if status is StatusProtocolo.LIBERADO]
    if posicoes is None:
        posicoes = liberadas
    for posicao in posicoes:
        if posicao not in situacoes:
            raise Impedimento(GUIA_AUSENTE, Lugar(protocolo.numero, posicao))
        if posicao not in liberadas:
            raise Impedimento(NAO_LIBERADO, Lugar(protocolo.numero, posicao))
    valores = valores_a_pagar(conn, protocolo)
    return [
        Parte(protocolo.id, protocolo.lote_id, posicao, valores[posicao])
        for posicao in sorted(set(posicoes))
    ]


def _quinhoes(total: Decimal, das_guias: list[Decimal], pesos: list[Decimal]) -> list[Decimal]:
    diferenca = total - sum(das_guias, ZERO)
    if not diferenca or not sum(pesos, ZERO):
        return das_guias
    return [v + q for v, q in zip(das_guias, ratear(diferenca, pesos), strict=True)]
