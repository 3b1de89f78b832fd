"""O que se parte, e em que partes está."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from dominio import meses

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

MESES_ADIANTE = 3
"""Quantos se fazem além do que corre: com o trabalho parado, ainda há um trimestre."""

ANTES, RESTO = "antes", "resto"
"""A parte do que havia antes de se partir, e a do que não é de nenhuma outra."""

# pela ordem em que uma mensagem as escreve
LIGADAS = "execucao, lote, protocolo, documento, pagamento_parte, prestador, operadora"
"""As que têm chaves estrangeiras de ou para as que se partem."""


class Grupo(NamedTuple):
    """Tabelas que se partem juntas, nos mesmos meses.

    Attributes:
        nome: o da primeira, que é o do grupo.
        tabelas: a que as outras apontam primeiro.
        coluna: por que se partem, a mesma em todas.
        desde: o menor valor dela num mês, como se escreve em SQL.
    """

    nome: str
    tabelas: tuple[str, ...]
    coluna: str
    desde: Callable[[int], str]


MENSAGENS = Grupo("mensagem", ("mensagem",), "id", lambda mes: f"'{meses.mensagem_desde(mes)}'")
GUIAS = Grupo(
    "guia",
    ("guia", "item", "resultado_guia", "resultado_item"),
    "lote_id",
    lambda mes: str(meses.lote_desde(mes)),
)
GRUPOS = (MENSAGENS, GUIAS)
TABELAS = tuple(tabela for grupo in GRUPOS for tabela in grupo.tabelas)


class Parte(NamedTuple):
    """Uma parte de uma tabela.

    Attributes:
        tabela: a partida.
        nome: da parte.
        de: primeiro mês; zero na que tem tudo o que havia antes.
        ate: mês em que já acabou; ausente na que fica com o resto.
    """

    tabela: str
    nome: str
    de: int
    ate: int | None


class Situacao(NamedTuple):
    """Como estão as partes num instante.

    Attributes:
        partido: se o banco se partiu; se não, nada mais conta.
        prontos: quantos meses seguidos, depois do que corre, têm as suas partes.
        fora: tabelas com linhas que não são de nenhum mês feito.
    """

    partido: bool
    prontos: int = 0
    fora: tuple[str, ...] = ()


_PARTES = text(
    """
    SELECT m.relname, f.relname, pg_get_expr(f.relpartbound, f.oid)
    FROM pg_class m JOIN pg_inherits i ON i.inhparent = m.oid JOIN pg_class f ON f.oid = i.inhrelid
    WHERE m.relkind = 'p' AND m.relnamespace = current_schema()::regnamespace
      AND m.relname = ANY(:tabelas)
    """
)
_PARTIDAS = text(
    "SELECT count(*) FROM pg_class WHERE relkind = 'p' AND relname = ANY(:tabelas)"
    " AND relnamespace = current_schema()::regnamespace"
)
_LIMITE = re.compile(r"\('?" + meses.LETRA + r"?(\d{6})")
_DE_E_ATE = 2


def partido(conn: Connection) -> bool:
    """Se as tabelas deste banco estão partidas."""
    if conn.dialect.name != "postgresql":
        return False
    return bool(conn.execute(_PARTIDAS, {"tabelas": list(TABELAS)}).scalar_one() == len(TABELAS))


def partes(conn: Connection) -> tuple[Parte, ...]:
    """Todas as partes, por tabela e por mês; a do resto no fim de cada uma."""
    linhas = conn.execute(_PARTES, {"tabelas": list(TABELAS)})
    return tuple(sorted((_parte(*linha) for linha in linhas), key=_ordem))


def situacao(conn: Connection, agora: datetime) -> Situacao:
    """Como estão as partes: se há as dos meses que vêm, e se algo caiu fora."""
    if not partido(conn):
        return Situacao(partido=False)
    todas = partes(conn)
    prontos = 0
    while _tem(todas, meses.somar(meses.mes(agora), prontos + 1)):
        prontos += 1
    fora = tuple(p.tabela for p in todas if p.ate is None and tem_linhas(conn, p.nome))
    return Situacao(True, prontos, fora)


def tem_linhas(conn: Connection, tabela: str) -> bool:
    """Se há alguma linha."""
    consulta = f"SELECT EXISTS (SELECT FROM {tabela})"  # noqa: S608 - o nome é nosso
    return bool(conn.execute(text(consulta)).scalar_one())


def _tem(todas: tuple[Parte, ...], mes: int) -> bool:
    """Se cada grupo tem onde pôr as linhas de um mês."""
    tem = {p.tabela for p in todas if p.ate is not None and p.de <= mes < p.ate}
    return tem >= set(TABELAS)


def _parte(tabela: str, nome: str, limites: str) -> Parte:
    achados = [int(mes) for mes in _LIMITE.findall(limites)]
    if len(achados) == _DE_E_ATE:
        return Parte(tabela, nome, *achados)
    return Parte(tabela, nome, 0, achados[0] if achados else None)


def _ordem(parte: Parte) -> tuple[int, bool, int]:
    return TABELAS.index(parte.tabela), parte.ate is None, parte.de
