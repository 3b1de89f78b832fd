"""A data de execução diante do calendário de faturamento; sem calendário, a regra cala-se."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dominio import criticas
from handlers.lote_guias.regras.datas import ultima_data
from handlers.regras import Achado, Regra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.lote_guias.exame import Exame


def _fora(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.periodos is None:
        return
    for posicao, guia in enumerate(exame.lote.guias, 1):
        executada = ultima_data(guia, exame.lote.tipo)
        if executada > date.min and not any(p.executado(executada) for p in exame.periodos):
            yield Achado(posicao)


FORA_DA_COMPETENCIA = Regra(criticas.FORA_DA_COMPETENCIA, _fora)
