"""A numeração dos protocolos: uma série por operadora, outra para a homologação.

Números só crescem e nunca se repetem; uma transação desfeita pode deixar um buraco. No
PostgreSQL cada série é uma sequência, que não segura quem vem depois; no SQLite, uma linha.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, cast, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import REGCLASS

from persistence import tabelas
from persistence.prontos import Pronto

INICIO = 10000001
"""Primeiro número de uma série, se a operadora não escolhe outro."""

INICIO_HOMOLOGACAO = 900000000001
"""Primeiro número da homologação: longe da série real, que assim não tem buracos dela."""

FIM = INICIO_HOMOLOGACAO - 1
FIM_HOMOLOGACAO = 999999999999
"""O padrão dá 12 algarismos ao número do protocolo."""

_REAL = "protocolo"
_HOMOLOGACAO = "homologacao"
_GUIA = "guia"
_GUIA_HOMOLOGACAO = "guia-homologacao"

_s = tabelas.serie.c
_AVANCAR = Pronto(
    select(func.nextval(cast(bindparam("sequencia"), REGCLASS))),
    sqlite=update(tabelas.serie)
    .where(_s.operadora_id == bindparam("operadora"), _s.nome == bindparam("serie"))
    .values(proximo=_s.proximo + 1)
    .returning(_s.proximo - 1),
)


def criar(conn: Connection, operadora_id: int, inicio: int) -> None:
    """Cria as duas séries de uma operadora nova.

    Raises:
        ValueError: se o início não cabe na série.
    """
    if not 1 <= inicio <= FIM:
        raise ValueError(f"a série começa entre 1 e {FIM}")
    series = ((_REAL, inicio, FIM), (_HOMOLOGACAO, INICIO_HOMOLOGACAO, FIM_HOMOLOGACAO))
    if conn.dialect.name == "postgresql":
        for nome, primeiro, ultimo in series:
            conn.exec_driver_sql(
                f"CREATE SEQUENCE {_sequencia(operadora_id, nome)} "
                f"START {primeiro} MAXVALUE {ultimo}"
            )
        return
    conn.execute(
        insert(tabelas.serie),
        [
            {"operadora_id": operadora_id, "nome": nome, "proximo": primeiro}
            for nome, primeiro, _ in series
        ],
    )


def proximo(conn: Connection, operadora_id: int, *, homologacao: bool = False) -> int:
    """Tira o próximo número da série da operadora."""
    if conn.dialect.name == "postgresql":
        chave: dict[str, Any] = {"sequencia": sequencia(operadora_id, homologacao=homologacao)}
    else:
        chave = {"operadora": operadora_id, "serie": _HOMOLOGACAO if homologacao else _REAL}
    return int(_AVANCAR.linhas(conn, chave)[0][0])


def sequencia(operadora_id: int, *, homologacao: bool = False) -> str:
    """O nome, no PostgreSQL, da sequência que ``proximo`` avança."""
    return _sequencia(operadora_id, _HOMOLOGACAO if homologacao else _REAL)


def passou(conn: Connection, operadora_id: int, numero: int) -> bool:
    """Se a série real já não pode dar este número: começou depois dele, ou passou por ele."""
    if conn.dialect.name == "postgresql":
        # antes do primeiro número, o último é o que ainda se vai dar
        ultimo, dado = conn.exec_driver_sql(
            f"SELECT last_value, is_called FROM {_sequencia(operadora_id, _REAL)}"  # noqa: S608
        ).one()
        return numero < int(ultimo) + bool(dado)
    consulta = select(_s.proximo).where(_s.operadora_id == operadora_id, _s.nome == _REAL)
    return numero < int(conn.execute(consulta).scalar_one())


def reservar_guias(
    conn: Connection, operadora_id: int, quantos: int, *, homologacao: bool = False
) -> int:
    """Reserva números seguidos para guias, e dá o primeiro; as séries começam em 1.

    Quem reserva depois espera pelo fim da transação, também no PostgreSQL: as guias de um lote
    têm números seguidos, e um lote que não se grava não deixa buraco.
    """
    nome = _GUIA_HOMOLOGACAO if homologacao else _GUIA
    inserir = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(tabelas.serie)
    comando = inserir.on_conflict_do_update(
        index_elements=[_s.operadora_id, _s.nome], set_={"proximo": _s.proximo + quantos}
    ).returning(_s.proximo)
    valores = {"operadora_id": operadora_id, "nome": nome, "proximo": 1 + quantos}
    return int(conn.execute(comando, valores).scalar_one()) - quantos


def _sequencia(operadora_id: int, nome: str) -> str:
    sufixo = "" if nome == _REAL else f"_{nome}"
    return f"serie_{operadora_id:d}{sufixo}"
