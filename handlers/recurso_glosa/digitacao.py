"""Linhas de um recurso digitadas pela posição, completadas com o que se cobrou."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dominio import terminologia
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE, ITEM_AUSENTE
from dominio.recurso import Nivel
from dominio.situacao import StatusProtocolo
from persistence import protocolos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo

_MAIOR_DESCRICAO = 150


class LinhaDigitada(NamedTuple):
    """O que se contesta, dito pela posição.

    Attributes:
        nivel: protocolo, guia ou item.
        codigo: da glosa.
        justificativa: texto livre.
        guia: posição no lote, a partir de 1; ou então o número.
        guia_numero: no prestador, zeros à esquerda à parte.
        item: posição na guia, a partir de 1.
        grau: ``dm_grauPart``; vazio é o item inteiro.
        valor: reais; só de item, e sem ele é o saldo inteiro.
    """

    nivel: Nivel
    codigo: str
    justificativa: str
    guia: int | None = None
    guia_numero: str | None = None
    item: int | None = None
    grau: str = ""
    valor: Decimal | None = None


def completar(
    conn: Connection, protocolo: Protocolo, digitadas: Sequence[LinhaDigitada]
) -> list[dict[str, Any]]:
    """As linhas como um rascunho as guarda, com o que identifica cada guia e cada item.

    Raises:
        Impedimento: o protocolo não tem a guia, ou ela foi cancelada, ou não tem o item.
    """
    assert protocolo.lote_id is not None  # noqa: S101 - só se recorre de lotes
    guias = [
        g
        for g in protocolos.guias(conn, protocolo.lote_id)
        if g.status is not StatusProtocolo.CANCELADO
    ]
    itens = {(i.guia_posicao, i.posicao): i for i in protocolos.itens(conn, protocolo.lote_id)}
    completas = []
    for linha in digitadas:
        campos: dict[str, Any] = {
            "nivel": linha.nivel.value,
            "codigo": linha.codigo,
            "justificativa": linha.justificativa,
        }
        if linha.valor is not None:
            campos["valor"] = str(linha.valor)
        if linha.nivel is not Nivel.PROTOCOLO:
            guia = _guia(protocolo, guias, linha)
            campos |= {
                "guia_numero": guia.numero_prestador,
                "guia_operadora": guia.numero_operadora,
                "senha": guia.senha,
            }
            if linha.nivel is Nivel.ITEM:
                guardado = itens.get((guia.posicao, linha.item or 0))
                if guardado is None:
                    raise Impedimento(
                        ITEM_AUSENTE, Lugar(protocolo.numero, guia.posicao, linha.item)
                    )
                campos |= {**_do_item(guardado), "grau": linha.grau}
        completas.append(campos)
    return completas


def _guia(
    protocolo: Protocolo, guias: Sequence[GuiaGuardada], linha: LinhaDigitada
) -> GuiaGuardada:
    dito = (linha.guia_numero or "").lstrip("0")
    for guia in guias:
        pela_posicao = linha.guia is not None and guia.posicao == linha.guia
        pelo_numero = linha.guia is None and dito and guia.numero_prestador.lstrip("0") == dito
        if pela_posicao or pelo_numero:
            return guia
    raise Impedimento(GUIA_AUSENTE, Lugar(protocolo.numero, linha.guia))


def _do_item(guardado: ItemGuardado) -> dict[str, Any]:
    item = guardado.item
    descricao = (
        item.descricao
        or terminologia.descricao_procedimento(item.tabela, item.codigo)
        or item.codigo
    )
    return {
        "sequencial": item.sequencial,
        "data_inicio": item.data.isoformat(),
        "tabela": item.tabela,
        "procedimento": item.codigo,
        "descricao": descricao[:_MAIOR_DESCRICAO],
        "dente": item.dente,
        "regiao": item.regiao,
        "face": item.face,
    }
