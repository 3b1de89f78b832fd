"""A mesma guia mais de uma vez: no lote, ou neste lote e num anterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import criticas, erros
from handlers.regras import Achado, Regra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.lote_guias.exame import Exame


def _repetida(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    vistas: set[str] = set()
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if guia.numero_prestador in vistas:
            yield Achado(posicao)
        vistas.add(guia.numero_prestador)


def _ja_apresentada(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    """Mesmo executante, tipo e número de guia, com um mesmo item na mesma data."""
    guias = exame.lote.guias
    repetidas: dict[int, set[int]] = {}
    for antes in exame.apresentados:
        chave = (antes.tabela, antes.codigo, antes.data)
        itens = guias[antes.posicao - 1].itens
        if any((i.tabela, i.codigo, i.data) == chave for i in itens):
            protocolos = repetidas.setdefault(antes.posicao, set())
            # o protocolo de outro remetente não se diz a este
            if antes.prestador_id in exame.prestadores:
                protocolos.add(antes.protocolo)
    for posicao in sorted(repetidas):
        protocolos = repetidas[posicao]
        yield Achado(posicao, detalhe=f"Protocolo {max(protocolos)}." if protocolos else None)


GUIA_REPETIDA = Regra(erros.GUIA_REPETIDA, _repetida)
GUIA_JA_APRESENTADA = Regra(criticas.GUIA_JA_APRESENTADA, _ja_apresentada)
