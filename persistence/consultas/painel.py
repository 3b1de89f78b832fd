"""O que uma operadora quer saber ao começar o dia; cada consulta lê só o que um índice alcança."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, case, func, literal, select, union_all

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.escolha import E_RECURSO, juntas
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
_ABERTAS = [int(s) for s in ABERTAS]
_FOLGA = timedelta(days=1)

_p = tabelas.protocolo.c
_SOMAS = (
    _p.status,
    func.count(),
    func.sum(_p.informado, type_=_p.informado.type),
    func.min(_p.recebido_em),
)
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
    recurso = case((E_RECURSO, 1), else_=0).label("recurso")
    consulta = (
        select(recurso, *_SOMAS)
        .where(*_reais(operadora_id), _p.recebido_em >= de, _p.recebido_em < ate)
        .group_by("recurso", _p.status)
        .order_by("recurso", _p.status)
    )
    return tuple(_da_situacao(linha) for linha in conn.execute(consulta))


def abertos(conn: Connection, operadora_id: int) -> tuple[DaSituacao, ...]:
    """Os protocolos reais em que se espera por alguém, por situação; primeiro os lotes."""
    # lotes e recursos à parte: cada consulta segue o seu índice, e nada se ordena
    return tuple(
        _da_situacao((recurso, *linha))
        for recurso, de_que in ((False, ~E_RECURSO), (True, E_RECURSO))
        for linha in conn.execute(
            select(*_SOMAS)
            .where(*_reais(operadora_id), _p.status.in_(_ABERTAS), de_que)
            .group_by(_p.status)
            .order_by(_p.status)
        )
    )


def por_dia(
    conn: Connection, operadora_id: int, ultimo: date, dias: int
) -> tuple[tuple[date, int], ...]:
    """Quantos protocolos reais chegaram em cada um dos últimos dias, do mais velho ao último."""
    lista = [ultimo - timedelta(days=n) for n in reversed(range(dias))]
    faixas = [limites_do_dia(um) for um in lista]
    contados = _por_faixa(conn, operadora_id, faixas, (func.count(),))
    return tuple((um, quantos) for um, (quantos,) in zip(lista, contados, strict=True))


def por_idade(
    conn: Connection, operadora_id: int, agora: datetime, limites: Sequence[int], quantos: int
) -> tuple[int, ...]:
    """Quantos protocolos abertos têm até cada número de dias e, por último, mais do que todos.

    Args:
        conn: leitura.
        operadora_id: de quem.
        agora: instante em UTC.
        limites: dias, do menor ao maior.
        quantos: os abertos todos, na mesma fotografia: os mais velhos são os que faltam para eles.
    """
    comecos = [agora - timedelta(days=d) for d in limites]
    # o que o relógio de outro processo pôs adiante também é novo
    faixas = list(zip(comecos, [agora + _FOLGA, *comecos], strict=False))
    contados = _por_faixa(conn, operadora_id, faixas, (func.count(),), _p.status.in_(_ABERTAS))
    novos = [um for (um,) in contados]
    return (*novos, quantos - sum(novos))


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
    contados = _por_faixa(conn, operadora_id, faixas, somas, _p.analise_visivel, ~E_RECURSO)
    return tuple(
        Mes(inicio, informado, glosa)
        for inicio, (informado, glosa) in zip(inicios, contados, strict=False)
        if informado is not None
    )


def recursos_a_espera(conn: Connection, operadora_id: int, limite: int = 8) -> tuple[Espera, ...]:
    """Os recursos reais por decidir que chegaram há mais tempo."""
    quais = juntas(
        select(_p.id)
        .where(*_reais(operadora_id), E_RECURSO, _p.status == int(status))
        .order_by(_p.recebido_em, _p.numero)
        .limit(limite)
        for status in (StatusProtocolo.RECEBIDO, StatusProtocolo.EM_ANALISE)
    )
    consulta = (
        select(_p.numero, _p.status, _p.recebido_em, _r.nome, _p.informado)
        .select_from(
            quais.join(tabelas.protocolo, _p.id == quais.c.id).join(
                tabelas.prestador, _p.prestador_id == _r.id
            )
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


def _da_situacao(linha: Sequence[Any]) -> DaSituacao:
    recurso, status, *somas = linha
    return DaSituacao(bool(recurso), StatusProtocolo(status), *somas)


def _por_faixa(
    conn: Connection,
    operadora_id: int,
    faixas: Sequence[tuple[datetime, datetime]],
    valores: tuple[ColumnElement[Any], ...],
    *condicoes: ColumnElement[bool],
) -> list[tuple[Any, ...]]:
    """O que se pediu do que chegou em cada faixa, do seu começo até antes do seu fim."""
    # uma soma por faixa: agrupar faria o SQLite ordenar todas as linhas
    partes = [
        select(literal(n).label("faixa"), *valores).where(
            *_reais(operadora_id), _p.recebido_em >= de, _p.recebido_em < ate, *condicoes
        )
        for n, (de, ate) in enumerate(faixas)
    ]
    return [tuple(linha[1:]) for linha in conn.execute(union_all(*partes).order_by("faixa"))]


def _reais(operadora_id: int) -> tuple[ColumnElement[bool], ...]:
    return _p.operadora_id == operadora_id, _p.homologacao.is_(False)


def _recusadas(operadora_id: int, desde: datetime) -> tuple[ColumnElement[bool], ...]:
    return _m.operadora_id == operadora_id, _m.recebida_em >= desde, _m.erro.is_not(None)
