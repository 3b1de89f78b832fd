"""Dias úteis bancários: feriados nacionais, fixos e móveis, e o último dia útil do mês.

Fonte: Leis 662/1949, 6.802/1980 e 14.759/2023 (feriados nacionais); Resolução CMN 4.880/2020, que
também tira do calendário dos bancos a segunda e a terça de Carnaval, a Sexta-feira Santa e Corpus
Christi.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_FIXOS = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_CONSCIENCIA_NEGRA_DESDE = 2024
_CARNAVAL_SEGUNDA, _CARNAVAL_TERCA, _SEXTA_SANTA, _CORPUS_CHRISTI = -48, -47, -2, 60
_SABADO = 5


def pascoa(ano: int) -> date:
    """Domingo de Páscoa do calendário gregoriano."""
    # cálculo anônimo: ciclo lunar de 19 anos, correções seculares, domingo seguinte à lua cheia
    dourado = ano % 19
    seculo, resto = divmod(ano, 100)
    bissextos, sobra = divmod(seculo, 4)
    lunar = (seculo - (seculo + 8) // 25 + 1) // 3
    epacta = (19 * dourado + seculo - bissextos - lunar + 15) % 30
    semana = (32 + 2 * sobra + 2 * (resto // 4) - epacta - resto % 4) % 7
    correcao = (dourado + 11 * epacta + 22 * semana) // 451
    mes, dia = divmod(epacta + semana - 7 * correcao + 114, 31)
    return date(ano, mes, dia + 1)


@lru_cache(maxsize=64)
def feriados(ano: int) -> frozenset[date]:
    """Dias sem expediente bancário do ano, além de sábados e domingos."""
    domingo = pascoa(ano)
    moveis = (_CARNAVAL_SEGUNDA, _CARNAVAL_TERCA, _SEXTA_SANTA, _CORPUS_CHRISTI)
    dias = {date(ano, mes, dia) for mes, dia in _FIXOS}
    dias |= {domingo + timedelta(n) for n in moveis}
    if ano >= _CONSCIENCIA_NEGRA_DESDE:
        dias.add(date(ano, 11, 20))
    return frozenset(dias)


def dia_util(data: date) -> bool:
    """Diz se os bancos funcionam na data."""
    return data.weekday() < _SABADO and data not in feriados(data.year)


def ultimo_dia_util(data: date) -> date:
    """Último dia útil do mês da data."""
    seguinte = date(data.year + data.month // 12, data.month % 12 + 1, 1)
    ultimo = seguinte - timedelta(1)
    while not dia_util(ultimo):
        ultimo -= timedelta(1)
    return ultimo


def data_prevista(liberado: date, hoje: date) -> date:
    """Quando se espera pagar o que foi liberado num dia e ainda não se pagou.

    É o último dia útil do mês da liberação; passado ele, o do mês em que se está ou, no fim
    deste, o do seguinte.
    """
    desde = max(liberado, hoje)
    prevista = ultimo_dia_util(desde)
    if prevista < desde:
        prevista = ultimo_dia_util(prevista.replace(day=1) + timedelta(31))
    return prevista
