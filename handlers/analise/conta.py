"""A conta de que uma análise fala: as guias e os itens gravados, e como se acham."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dominio.analise import informado_dos_itens
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE, GUIA_CANCELADA, ITEM_AUSENTE
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence import protocolos

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.lote import Item
    from handlers.analise.pedido import QualGuia, ResultadoDeItem
    from persistence.protocolos import GuiaGuardada, Protocolo


@dataclass(frozen=True, slots=True)
class Conta:
    """As guias não canceladas de um lote e os seus itens.

    Attributes:
        protocolo: número, para dizer lugares.
        versao: em que o lote veio; é a das listas de códigos.
        guias: pela posição.
        itens: posição da guia -> posição do item -> o item.
        informados: como ``itens``, o valor informado em reais.
        canceladas: posições das guias canceladas.
    """

    protocolo: int
    versao: str
    guias: Mapping[int, GuiaGuardada]
    itens: Mapping[int, Mapping[int, Item]]
    informados: Mapping[int, Mapping[int, Decimal]]
    canceladas: frozenset[int]

    @classmethod
    def ler(cls, conn: Connection, protocolo: Protocolo) -> Conta:
        """A conta do lote de um protocolo."""
        assert protocolo.lote_id is not None  # noqa: S101 - só há conta de lotes
        todas = protocolos.guias(conn, protocolo.lote_id)
        itens: defaultdict[int, dict[int, Item]] = defaultdict(dict)
        for guardado in protocolos.itens(conn, protocolo.lote_id):
            itens[guardado.guia_posicao][guardado.posicao] = guardado.item
        tipo = TipoGuia(protocolo.lote_tipo or "")
        ativas = {g.posicao: g for g in todas if g.status is not StatusProtocolo.CANCELADO}
        return cls(
            protocolo.numero,
            protocolo.versao,
            ativas,
            itens,
            {p: informado_dos_itens(tipo, itens[p], g.informado) for p, g in ativas.items()},
            frozenset(g.posicao for g in todas if g.posicao not in ativas),
        )

    def lugar(self, guia: int | None = None, item: int | None = None) -> Lugar:
        """Um lugar desta conta."""
        return Lugar(self.protocolo, guia, item)

    def posicao(self, qual: QualGuia) -> int:
        """A posição de uma guia que se analisa.

        Raises:
            Impedimento: não há tal guia, há mais de uma, ou foi cancelada.
        """
        if qual.posicao is not None and qual.posicao in self.canceladas:
            raise Impedimento(GUIA_CANCELADA, self.lugar(qual.posicao))
        achadas = [p for p, guia in self.guias.items() if _e(guia, qual)]
        if len(achadas) != 1:
            detalhe = "Há mais de uma com esse número." if achadas else ""
            raise Impedimento(GUIA_AUSENTE, self.lugar(qual.posicao), detalhe)
        return achadas[0]

    def item(self, guia: int, dito: ResultadoDeItem) -> int:
        """A posição de um item da guia.

        Raises:
            Impedimento: não há tal item, ou há mais de um com o sequencial.
        """
        itens = self.itens.get(guia, {})
        if dito.posicao is not None:
            achados = [dito.posicao] if dito.posicao in itens else []
        else:
            procurado = (dito.sequencial, dito.despesa)
            achados = [p for p, i in itens.items() if (i.sequencial, i.despesa) == procurado]
        if len(achados) != 1:
            detalhe = "Há mais de um com esse sequencial; use a posição." if achados else ""
            raise Impedimento(ITEM_AUSENTE, self.lugar(guia, dito.posicao), detalhe)
        return achados[0]


def _e(guia: GuiaGuardada, qual: QualGuia) -> bool:
    if qual.posicao is not None:
        return guia.posicao == qual.posicao
    if qual.numero_operadora is not None:
        return guia.numero_operadora == qual.numero_operadora
    return qual.numero_prestador is not None and guia.numero_prestador == qual.numero_prestador
