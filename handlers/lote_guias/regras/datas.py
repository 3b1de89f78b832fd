"""Datas da guia diante do dia em que ela chega."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dominio import criticas, erros
from dominio.competencia import competencia
from dominio.lote import TipoGuia
from handlers.regras import Achado, Regra, Tolerancia, Unidade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dominio.lote import Guia
    from handlers.lote_guias.exame import Exame


def _futura(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if ultima_data(guia, exame.lote.tipo) > exame.hoje:
            yield Achado(posicao)


def _prazo(exame: Exame, dias: int | None) -> Iterator[Achado]:
    if dias is None or dias > (exame.hoje - date.min).days:
        return
    limite = exame.hoje - timedelta(days=dias)
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if date.min < ultima_data(guia, exame.lote.tipo) < limite:
            yield Achado(posicao)


def _encerrada(exame: Exame, dias: int | None) -> Iterator[Achado]:
    """A competência continua aberta nos primeiros ``dias`` do mês seguinte ao atendimento."""
    if dias is None:
        return
    aberta = exame.hoje.replace(day=1)
    if exame.hoje.day <= dias and aberta > date(1, 1, 1):
        aberta = (aberta - timedelta(days=1)).replace(day=1)
    ultimas = [ultima_data(guia, exame.lote.tipo) for guia in exame.lote.guias]
    if len({competencia(ultima) for ultima in ultimas}) == 1:
        # um lote retroativo de um só período é o que se quer
        return
    for posicao, ultima in enumerate(ultimas, 1):
        if date.min < ultima < aberta:
            yield Achado(posicao)


def ultima_data(guia: Guia, tipo: TipoGuia) -> date:
    """Última data da guia; ``date.min`` se não há nenhuma."""
    # o término do tratamento odontológico pode ser uma previsão
    fim = None if tipo is TipoGuia.ODONTO else guia.data_fim
    datas = [d for d in (guia.data_inicio, guia.data_realizacao, fim) if d is not None]
    datas += [item.data for item in guia.itens]
    return max(datas, default=date.min)


DATA_FUTURA = Regra(erros.DATA_FUTURA, _futura)
PRAZO_DE_ENVIO = Regra(criticas.FORA_DO_PRAZO, _prazo, Tolerancia(Unidade.DIAS, None))
COMPETENCIA_ENCERRADA = Regra(
    criticas.COMPETENCIA_ENCERRADA, _encerrada, Tolerancia(Unidade.DIAS, None)
)
