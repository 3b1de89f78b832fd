"""Valores: sinal, total do lote, somas de itens e guias."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import criticas, erros
from dominio.dinheiro import MAIOR_TOTAL, ZERO, reais
from dominio.lote import TipoGuia
from handlers.regras import Achado, Regra, Tolerancia, Unidade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from dominio.lote import Guia, Item
    from handlers.lote_guias.exame import Exame

_UM_CENTAVO_POR_ITEM = Tolerancia(Unidade.CENTAVOS_POR_ITEM, 1)


def _negativo(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if (
            guia.informado < ZERO
            or (guia.total_franquia or ZERO) < ZERO
            or any(_item_negativo(item) for item in guia.itens)
        ):
            yield Achado(posicao)


def _item_negativo(item: Item) -> bool:
    return (
        item.valor_total < ZERO
        or item.valor_unitario < ZERO
        or item.quantidade < ZERO
        or (item.franquia is not None and item.franquia < ZERO)
        or (item.quantidade_us is not None and item.quantidade_us < ZERO)
    )


def _total(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.lote.informado > MAIOR_TOTAL:
        yield Achado(detalhe="Divida o lote.")


def _soma_do_item(exame: Exame, centavos: int | None) -> Iterator[Achado]:
    # em odontologia valorProc é o que se cobra, e o padrão não diz se de uma unidade ou de todas
    if exame.lote.tipo is TipoGuia.ODONTO:
        return
    folga = reais(centavos or 0)
    for posicao, guia in enumerate(exame.lote.guias, 1):
        for ordem, item in enumerate(guia.itens, 1):
            calculado = item.quantidade * item.valor_unitario
            if item.fator is not None:
                calculado *= item.fator
            if calculado != item.valor_total and abs(calculado - item.valor_total) > folga:
                yield Achado(posicao, ordem)


def _soma_da_guia(exame: Exame, centavos: int | None) -> Iterator[Achado]:
    folga = reais(centavos or 0)
    odonto = exame.lote.tipo is TipoGuia.ODONTO
    for posicao, guia in enumerate(exame.lote.guias, 1):
        permitida = folga * len(guia.itens)
        somas = [_soma(guia)]
        if odonto:
            somas.append(sum((i.quantidade * i.valor_total for i in guia.itens), ZERO))
        if all(abs(guia.informado - soma) > permitida for soma in somas):
            yield Achado(posicao)


def _soma(guia: Guia) -> Decimal:
    return sum([item.valor_total for item in guia.itens], ZERO)


VALOR_NEGATIVO = Regra(erros.VALOR_NEGATIVO, _negativo, fixa=True)
TOTAL_NAO_CABE = Regra(erros.TOTAL_NAO_CABE, _total, fixa=True)
SOMA_DO_ITEM = Regra(criticas.SOMA_DO_ITEM, _soma_do_item, _UM_CENTAVO_POR_ITEM)
SOMA_DA_GUIA = Regra(criticas.SOMA_DA_GUIA, _soma_da_guia, _UM_CENTAVO_POR_ITEM)
