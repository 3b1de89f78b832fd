"""Os recados que operadora e prestador trocam sobre um lote ou uma das suas guias."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, insert, select, type_coerce, update

from persistence import tabelas

if TYPE_CHECKING:
    from datetime import datetime

OPERADORA, PRESTADOR = "operadora", "prestador"


class Recado(NamedTuple):
    """Um recado.

    Attributes:
        id: chave no banco, crescente.
        protocolo_id: do lote.
        guia_posicao: no lote, a partir de 1; ausente se é do lote inteiro.
        lado: ``operadora`` ou ``prestador``: quem escreveu.
        quem: nome de quem escreveu.
        em: instante em UTC.
        texto: o que se escreveu; pode ter dados de pacientes.
        lido_em: quando o outro lado o leu, em UTC.
        lido_por: quem leu.
    """

    id: int
    protocolo_id: int
    guia_posicao: int | None
    lado: str
    quem: str
    em: datetime
    texto: str
    lido_em: datetime | None
    lido_por: str | None


class PorLer(NamedTuple):
    """Um protocolo com recados de um lado que o outro não leu.

    Attributes:
        protocolo: número.
        recados: quantos.
        ultimo_em: instante em UTC do mais novo.
    """

    protocolo: int
    recados: int
    ultimo_em: datetime


_t = tabelas.recado.c
_p = tabelas.protocolo.c
_COLUNAS = tuple(_t[nome] for nome in Recado._fields)


def incluir(
    conn: Connection,
    operadora_id: int,
    protocolo_id: int,
    *,
    guia_posicao: int | None,
    lado: str,
    quem: str,
    em: datetime,
    texto: str,
) -> Recado:
    """Grava um recado sobre um protocolo da operadora."""
    linha = conn.execute(
        insert(tabelas.recado).returning(*_COLUNAS),
        {
            "operadora_id": operadora_id,
            "protocolo_id": protocolo_id,
            "guia_posicao": guia_posicao,
            "lado": lado,
            "quem": quem,
            "em": em,
            "texto": texto,
        },
    ).one()
    return Recado._make(linha)


def ler(conn: Connection, operadora_id: int, recado_id: int) -> Recado:
    """Um recado da operadora, que se sabe que há."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == recado_id)
    return Recado._make(conn.execute(consulta).one())


def do_protocolo(conn: Connection, operadora_id: int, protocolo_id: int) -> tuple[Recado, ...]:
    """Os de um protocolo, do primeiro ao último."""
    consulta = (
        select(*_COLUNAS)
        .where(_t.operadora_id == operadora_id, _t.protocolo_id == protocolo_id)
        .order_by(_t.id)
    )
    return tuple(Recado._make(linha) for linha in conn.execute(consulta))


def marcar_lidos(
    conn: Connection,
    operadora_id: int,
    protocolo_id: int,
    *,
    lado: str,
    quem: str,
    agora: datetime,
    ate: int,
) -> int:
    """Dá por lidos os de um lado, até um deles inclusive, e diz quantos eram."""
    return conn.execute(
        update(tabelas.recado)
        .where(
            _t.operadora_id == operadora_id,
            _t.protocolo_id == protocolo_id,
            _t.lado == lado,
            _t.id <= ate,
            _t.lido_em.is_(None),
        )
        .values(lido_em=agora, lido_por=quem)
    ).rowcount


def por_ler(
    conn: Connection,
    operadora_id: int,
    lado: str,
    *,
    limite: int,
    prestador_id: int | None = None,
) -> tuple[PorLer, ...]:
    """Os protocolos com recados de um lado por ler, do que espera há mais tempo ao mais novo.

    Args:
        conn: leitura.
        operadora_id: dona dos protocolos.
        lado: ``operadora`` ou ``prestador``: quem escreveu os recados.
        limite: quantos protocolos.
        prestador_id: só os dele.
    """
    dele = () if prestador_id is None else (_p.prestador_id == prestador_id,)
    consulta = (
        select(_p.numero, func.count(), type_coerce(func.max(_t.em), _t.em.type))
        .join_from(tabelas.recado, tabelas.protocolo)
        .where(_t.operadora_id == operadora_id, _t.lado == lado, _t.lido_em.is_(None), *dele)
        .group_by(_p.numero)
        .order_by(func.min(_t.id))
        .limit(limite)
    )
    return tuple(PorLer._make(linha) for linha in conn.execute(consulta))
