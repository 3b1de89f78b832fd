"""Partir um banco que já tem linhas: a tabela de antes passa a ser a primeira parte da nova.

Nada se copia. Três passos, que se podem interromper e repetir:

1. uma condição em cada tabela, conferida sem impedir ninguém de escrever: lê a tabela inteira, e é
   o que dispensa o passo seguinte de o fazer;
2. a troca, uma transação curta que tranca as tabelas;
3. as chaves estrangeiras que apontam para elas, conferidas também sem impedir ninguém.
"""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.errors import CheckViolation
from sqlalchemy import text

from dominio import meses
from persistence.conexao_postgres import comando as executar
from persistence.particoes import partes, trancas
from persistence.particoes.adiante import fazer_meses
from persistence.particoes.catalogo import ANTES, GRUPOS, LIGADAS, RESTO, TABELAS, partido

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.banco import Banco
    from persistence.particoes.catalogo import Grupo

_FOLGA = timedelta(days=3)
"""Até a troca, o que é do mês da fronteira não entra: tem de estar pelo menos a isto."""
_CONDICAO = "ck_{}_por_partir"

_RESTRICOES = text(
    """
    SELECT conname, pg_get_constraintdef(oid) AS definicao, contype,
      confrelid::regclass::text AS alvo
    FROM pg_constraint WHERE conrelid = CAST(:tabela AS regclass) ORDER BY contype = 'f', conname
    """
)
_APONTAM = text(
    """
    SELECT conrelid::regclass::text AS tabela, conname, pg_get_constraintdef(oid) AS definicao
    FROM pg_constraint WHERE contype = 'f' AND confrelid = CAST(:tabela AS regclass) ORDER BY 1, 2
    """
)
_INDICES = text(
    """
    SELECT i.indexrelid::regclass::text AS nome, pg_get_indexdef(i.indexrelid) AS definicao
    FROM pg_index i WHERE i.indrelid = CAST(:tabela AS regclass)
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid
                      AND c.conrelid = i.indrelid)
    ORDER BY 1
    """
)
_PERMISSOES = text(
    """
    SELECT p.privilege_type, CASE WHEN p.grantee = 0 THEN 'PUBLIC'
                                  ELSE quote_ident(pg_get_userbyid(p.grantee)) END
    FROM pg_class c, aclexplode(c.relacl) p
    WHERE c.oid = CAST(:tabela AS regclass) AND p.grantee <> c.relowner
    """
)
_POR_CONFERIR = text(
    """
    SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE contype = 'f' AND NOT convalidated AND confrelid = ANY(CAST(:tabelas AS regclass[]))
    ORDER BY 1, 2
    """
)
_POR_PARTIR = text(
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
    " AND connamespace = current_schema()::regnamespace AND conname LIKE :nome"
)
_MES = re.compile(r"<\D*(\d{6})")
_CHAVE_DO_LOTE = (
    "ALTER TABLE lote ALTER COLUMN id SET DEFAULT"
    " CAST(to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS bigint)"
    f" * {meses.LOTES_POR_MES} + nextval('lote_id_seq')"
)


class NaoPartivel(Exception):
    """O banco tem linhas que a primeira parte não pode ter; o texto diz quais."""


def partir(banco: Banco, agora: datetime) -> bool:
    """Parte o arquivo, as guias e os itens por mês, e faz os meses que vêm.

    Repete-se sem dano: retoma o que ficou a meio, e num banco partido só faz os meses que faltam.

    Returns:
        Se o banco se partiu agora.

    Raises:
        NaoPartivel: há linhas de um mês que ainda não chegou; o banco fica como estava.
        BancoIndisponivel: o banco não atendeu, ou quem grava não largou as tabelas a tempo; o que
            se fez fica, e repetir continua daí.
    """
    with banco.leitura() as conn:
        por_partir = not partido(conn)
    if por_partir:
        fronteira = meses.somar(meses.mes(agora + _FOLGA), 1)
        try:
            _conferir_antes(banco, fronteira)
            por_partir = _trocar(banco, fronteira)
        except BaseException:
            _desistir(banco)
            raise
    _conferir_chaves(banco)
    fazer_meses(banco, agora)
    if por_partir:
        with banco.escrita() as conn:
            _sem_pressa(conn)
            # das tabelas partidas o servidor não recolhe as contas sozinho
            executar(conn, f"ANALYZE {', '.join(TABELAS)}")
    return por_partir


def _sem_pressa(conn: Connection) -> None:
    executar(conn, "SET LOCAL statement_timeout = 0")


# --- 1. a condição -------------------------------------------------------------------------------


def _conferir_antes(banco: Banco, fronteira: int) -> None:
    for grupo in GRUPOS:
        for tabela in grupo.tabelas:
            condicao = _CONDICAO.format(tabela)
            with banco.escrita() as conn:
                executar(
                    conn,
                    f"ALTER TABLE {tabela} DROP CONSTRAINT IF EXISTS {condicao},"
                    f" ADD CONSTRAINT {condicao}"
                    f" CHECK ({grupo.coluna} < {grupo.desde(fronteira)}) NOT VALID",
                )
            try:
                with banco.escrita() as conn:
                    _sem_pressa(conn)
                    executar(conn, f"ALTER TABLE {tabela} VALIDATE CONSTRAINT {condicao}")
            except CheckViolation:
                raise NaoPartivel(
                    f"{tabela} tem linhas de {fronteira} em diante, que ainda não chegou: "
                    "o relógio de um nó andou adiantado; parta-se o banco depois desse mês"
                ) from None


def _desistir(banco: Banco) -> None:
    """Tira as condições: no mês da fronteira, não deixariam gravar."""
    with banco.escrita() as conn:
        if not partido(conn):
            for tabela in TABELAS:
                condicao = _CONDICAO.format(tabela)
                executar(conn, f"ALTER TABLE {tabela} DROP CONSTRAINT IF EXISTS {condicao}")


def tirar_condicoes(banco: Banco, agora: datetime) -> None:
    """Tira as que deixou quem morreu a partir o banco, se o mês da fronteira está a chegar."""
    if banco.dialeto != "postgresql":
        return
    with banco.leitura() as conn:
        condicoes = conn.execute(_POR_PARTIR, {"nome": _CONDICAO.format("%")}).scalars().all()
    fronteiras = (int(mes) for condicao in condicoes for mes in _MES.findall(condicao))
    if any(meses.mes(agora + _FOLGA) >= fronteira for fronteira in fronteiras):
        _desistir(banco)


# --- 2. a troca ----------------------------------------------------------------------------------


def _trocar(banco: Banco, fronteira: int) -> bool:
    def trocar(conn: Connection) -> bool:
        if partido(conn):
            # outro processo partiu-o enquanto se esperava
            return False
        for grupo in GRUPOS:
            de_fora = [a for tabela in grupo.tabelas for a in _de_fora(conn, grupo, tabela)]
            for tabela, nome, _ in de_fora:
                executar(conn, f"ALTER TABLE {tabela} DROP CONSTRAINT {nome}")
            # todos se escrevem antes do primeiro, que muda os nomes de que eles se tiram
            passos = [list(_passos(conn, grupo, t, fronteira)) for t in grupo.tabelas]
            for comando in itertools.chain.from_iterable(passos):
                executar(conn, comando)
            partes.criar(conn, grupo, RESTO)
            for tabela, nome, definicao in de_fora:
                executar(conn, f"ALTER TABLE {tabela} ADD CONSTRAINT {nome} {definicao} NOT VALID")
        executar(conn, _CHAVE_DO_LOTE)
        return True

    return trancas.mudar(banco, f"{LIGADAS}, {', '.join(TABELAS)}", "ACCESS EXCLUSIVE", trocar)


def _de_fora(conn: Connection, grupo: Grupo, tabela: str) -> list[Any]:
    """As chaves estrangeiras que apontam para uma tabela, fora as das irmãs, que ficam."""
    linhas = conn.execute(_APONTAM, {"tabela": tabela})
    return [linha for linha in linhas if linha.tabela not in grupo.tabelas]


def _passos(conn: Connection, grupo: Grupo, tabela: str, fronteira: int) -> Iterator[str]:
    """Os comandos que fazem de uma tabela a primeira parte de outra com o seu nome."""
    velha = f"{tabela}_{ANTES}"
    condicao = _CONDICAO.format(tabela)
    restricoes = conn.execute(_RESTRICOES, {"tabela": tabela}).all()
    indices = conn.execute(_INDICES, {"tabela": tabela}).all()
    permissoes = conn.execute(_PERMISSOES, {"tabela": tabela}).all()
    yield f"ALTER TABLE {tabela} RENAME TO {velha}"
    for r in restricoes:
        if r.contype in "pu":
            yield f"ALTER TABLE {velha} RENAME CONSTRAINT {r.conname} TO {r.conname}_{ANTES}"
    for indice in indices:
        yield f"ALTER INDEX {indice.nome} RENAME TO {indice.nome}_{ANTES}"
    yield (
        f"CREATE TABLE {tabela} (LIKE {velha} {partes.COMO_A_OUTRA})"
        f" PARTITION BY RANGE ({grupo.coluna})"
    )
    for r in restricoes:
        if r.conname != condicao and r.alvo not in grupo.tabelas:
            yield f"ALTER TABLE {tabela} ADD CONSTRAINT {r.conname} {r.definicao}"
    for indice in indices:
        yield indice.definicao
    yield from partes.protecao(conn, tabela, tabela)
    for privilegio, a_quem in permissoes:
        yield f"GRANT {privilegio} ON {tabela} TO {a_quem}"
    # índices e chaves iguais aos da tabela nova passam a ser parte deles, sem se refazerem
    yield (
        f"ALTER TABLE {tabela} ATTACH PARTITION {velha}"
        f" FOR VALUES FROM (MINVALUE) TO ({grupo.desde(fronteira)})"
    )
    yield f"ALTER TABLE {velha} DROP CONSTRAINT {condicao}"


# --- 3. as chaves que apontam para elas ----------------------------------------------------------


def _conferir_chaves(banco: Banco) -> None:
    with banco.leitura() as conn:
        por_conferir = conn.execute(_POR_CONFERIR, {"tabelas": list(TABELAS)}).all()
    for tabela, nome in por_conferir:
        with banco.escrita() as conn:
            _sem_pressa(conn)
            executar(conn, f"ALTER TABLE {tabela} VALIDATE CONSTRAINT {nome}")
