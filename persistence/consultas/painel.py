"""O que uma operadora quer saber ao começar o dia; cada consulta lê só o que um índice alcança."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement

ABERTAS = (
    StatusProtocolo.RECEBIDO,
    StatusProtocolo.EM_ANALISE,
    StatusProtocolo.AGUARDANDO_INFORMACAO,
    StatusProtocolo.ANALISADO,
    StatusProtocolo.LIBERADO,
    StatusProtocolo.BLOQUEIO_JUDICIAL,
)
"""As situações em que ainda se espera por alguém."""

_RECURSO = "recurso"
_p = tabelas.protocolo.c
_m = tabelas.mensagem.c
_r = tabelas.prestador.c


class DaSituacao(NamedTuple):
    """Os protocolos de uma situação.

    Attributes:
        recurso: se são recursos de glosa, e não lotes.
        status: a situação.
        quantos: protocolos.
        informado: soma, em reais.
        desde: quando chegou o mais velho, em UTC.
    """

    recurso: bool
    status: StatusProtocolo
    quantos: int
    informado: Decimal
    desde: datetime


class Mes(NamedTuple):
    """O que se glosou do que chegou num mês e já se analisou, em reais."""

    inicio: date
    informado: Decimal
    glosa: Decimal


class Espera(NamedTuple):
    """Um recurso de glosa que espera decisão."""

    numero: int
    status: StatusProtocolo
    recebido_em: datetime
    prestador: str
    recursado: Decimal


class Falha(NamedTuple):
    """Quantas mensagens se recusaram por um motivo, ou de um prestador.

    Attributes:
        nome: chave estável do erro, ou nome do prestador; ausente se não se soube quem era.
        codigo: do prestador na operadora; ausente num motivo.
        quantas: mensagens.
    """

    nome: str | None
    codigo: str | None
    quantas: int


def recebidos(conn: Connection, operadora_id: int, dia: date) -> tuple[DaSituacao, ...]:
    """Os protocolos reais que chegaram num dia de São Paulo, por situação de agora."""
    de, ate = limites_do_dia(dia)
    return _por_situacao(conn, operadora_id, _p.recebido_em >= de, _p.recebido_em < ate)


def abertos(conn: Connection, operadora_id: int) -> tuple[DaSituacao, ...]:
    """Os protocolos reais em que se espera por alguém, por situação."""
    return _por_situacao(conn, operadora_id, _p.status.in_([int(s) for s in ABERTAS]))


def por_dia(
    conn: Connection, operadora_id: int, ultimo: date, dias: int
) -> tuple[tuple[date, int], ...]:
    """Quantos protocolos reais chegaram em cada um dos últimos dias, do mais velho ao último."""
    lista = [ultimo - timedelta(days=n) for n in reversed(range(dias))]
    faixas = [limites_do_dia(um) for um in lista]
    contados = _por_faixa(conn, operadora_id, faixas, (func.count(),))
    return tuple((um, contados.get(n, (0,))[0]) for n, um in enumerate(lista))


def por_idade(
    conn: Connection, operadora_id: int, agora: datetime, limites: Sequence[int]
) -> tuple[int, ...]:
    """Quantos protocolos abertos têm até cada número de dias e, por último, mais do que todos."""
    faixa = case(
        *((_p.recebido_em > agora - timedelta(days=d), n) for n, d in enumerate(limites)),
        else_=len(limites),
    ).label("faixa")
    consulta = (
        select(faixa, func.count())
        .where(*_reais(operadora_id), _p.status.in_([int(s) for s in ABERTAS]))
        .group_by("faixa")
    )
    contados: dict[int, int] = {linha[0]: linha[1] for linha in conn.execute(consulta)}
    return tuple(contados.get(n, 0) for n in range(len(limites) + 1))


def glosa_por_mes(conn: Connection, operadora_id: int, inicios: Sequence[date]) -> tuple[Mes, ...]:
    """O que se informou e se glosou, já analisado, do que chegou em cada mês.

    Args:
        conn: leitura.
        operadora_id: de quem.
        inicios: primeiro dia de cada mês, do mais velho ao seguinte ao último.
    """
    comecos = [limites_do_dia(um)[0] for um in inicios]
    faixas = list(itertools.pairwise(comecos))
    somas = tuple(func.sum(c, type_=c.type) for c in (_p.informado, _p.glosa))
    # um recurso não se glosa, e o que não se analisou ainda não tem glosa
    contados = _por_faixa(
        conn, operadora_id, faixas, somas, _p.analise_visivel, _p.tipo != _RECURSO
    )
    return tuple(Mes(inicios[n], *contados[n]) for n in range(len(faixas)) if n in contados)


def recursos_a_espera(conn: Connection, operadora_id: int, limite: int = 8) -> tuple[Espera, ...]:
    """Os recursos reais por decidir que chegaram há mais tempo."""
    consulta = (
        select(_p.numero, _p.status, _p.recebido_em, _r.nome, _p.informado)
        .select_from(tabelas.protocolo.join(tabelas.prestador, _p.prestador_id == _r.id))
        .where(
            *_reais(operadora_id),
            _p.tipo == _RECURSO,
            _p.status.in_([int(StatusProtocolo.RECEBIDO), int(StatusProtocolo.EM_ANALISE)]),
        )
        .order_by(_p.recebido_em, _p.numero)
        .limit(limite)
    )
    return tuple(
        Espera(n, StatusProtocolo(s), em, nome, valor)
        for n, s, em, nome, valor in conn.execute(consulta)
    )


def recusas_por_motivo(
    conn: Connection, operadora_id: int, desde: datetime, limite: int = 6
) -> tuple[Falha, ...]:
    """Os motivos por que mais se recusaram mensagens desde um instante."""
    consulta = (
        select(_m.erro, func.count())
        .where(*_recusadas(operadora_id, desde))
        .group_by(_m.erro)
        .order_by(func.count().desc(), _m.erro)
        .limit(limite)
    )
    return tuple(Falha(erro, None, quantas) for erro, quantas in conn.execute(consulta))


def recusas_por_prestador(
    conn: Connection, operadora_id: int, desde: datetime, limite: int = 6
) -> tuple[Falha, ...]:
    """Os prestadores de quem mais se recusaram mensagens desde um instante."""
    consulta = (
        select(_r.nome, _r.codigo, func.count())
        .select_from(tabelas.mensagem.outerjoin(tabelas.prestador, _m.prestador_id == _r.id))
        .where(*_recusadas(operadora_id, desde))
        .group_by(_r.nome, _r.codigo)
        .order_by(func.count().desc(), _r.nome)
        .limit(limite)
    )
    return tuple(Falha(*linha) for linha in conn.execute(consulta))


def _por_situacao(
    conn: Connection, operadora_id: int, *condicoes: ColumnElement[bool]
) -> tuple[DaSituacao, ...]:
    recurso = case((_p.tipo == _RECURSO, 1), else_=0).label("recurso")
    consulta = (
        select(
            recurso,
            _p.status,
            func.count(),
            func.sum(_p.informado, type_=_p.informado.type),
            func.min(_p.recebido_em),
        )
        .where(*_reais(operadora_id), *condicoes)
        .group_by("recurso", _p.status)
        .order_by("recurso", _p.status)
    )
    return tuple(
        DaSituacao(bool(r), StatusProtocolo(s), n, valor, desde)
        for r, s, n, valor, desde in conn.execute(consulta)
    )


def _por_faixa(
    conn: Connection,
    operadora_id: int,
    faixas: Sequence[tuple[datetime, datetime]],
    valores: tuple[ColumnElement[Any], ...],
    *condicoes: ColumnElement[bool],
) -> dict[int, tuple[Any, ...]]:
    """Faixa de recepção, pela posição -> o que se pediu dela; as faixas seguem-se sem buracos."""
    faixa = case(
        *((_p.recebido_em < ate, n) for n, (_, ate) in enumerate(faixas)), else_=len(faixas)
    ).label("faixa")
    consulta = (
        select(faixa, *valores)
        .where(
            *_reais(operadora_id),
            _p.recebido_em >= faixas[0][0],
            _p.recebido_em < faixas[-1][1],
            *condicoes,
        )
        .group_by("faixa")
    )
    return {linha[0]: tuple(linha[1:]) for linha in conn.execute(consulta)}


def _reais(operadora_id: int) -> tuple[ColumnElement[bool], ...]:
    return _p.operadora_id == operadora_id, _p.homologacao.is_(False)


def _recusadas(operadora_id: int, desde: datetime) -> tuple[ColumnElement[bool], ...]:
    return _m.operadora_id == operadora_id, _m.recebida_em >= desde, _m.erro.is_not(None)
