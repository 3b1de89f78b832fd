"""O esquema do banco: levá-lo à versão do programa e dizer em que versão está.

Uma migração que só acrescenta serve ao programa de antes e ao de depois. A que tira ou muda o que o
de antes ainda usa diz ``so_depois = True`` no seu módulo: fica para quando já não houver nenhum
desses programas no ar, e o banco passa a dizer-se incompatível com eles.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select

from persistence import tabelas

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy import Connection

    from persistence.banco import Banco

_PASTA = Path(__file__).parent / "migracoes"
_TRANCA = 0x7155_6D69
"""Número da tranca consultiva do PostgreSQL; só precisa não ser de mais ninguém no banco."""


_COMPATIVEL_DESDE = "0019"
"""A revisão que criou a tabela em que se diz com que programas o banco já não é compatível."""


class Fase(Enum):
    """Que migrações aplicar, com programas no ar."""

    ANTES = "antes"
    DEPOIS = "depois"


class EsquemaMaisNovo(Exception):
    """O banco tem migrações que este programa não conhece."""


class EstadoEsquema(NamedTuple):
    """Onde o esquema está.

    Attributes:
        atual: revisão aplicada no banco; ausente num banco vazio.
        esperado: revisão deste programa.
        serve: se este programa trabalha com o banco como está: em dia, só à espera do que se
            aplica depois, ou mais novo e ainda compatível.
        mais_novo: se o banco tem migrações que este programa não conhece.
    """

    atual: str | None
    esperado: str
    serve: bool = True
    mais_novo: bool = False

    @property
    def em_dia(self) -> bool:
        """Se o banco está na revisão deste programa."""
        return self.atual == self.esperado


def atualizar(banco: Banco, fase: Fase = Fase.DEPOIS) -> None:
    """Aplica as migrações que faltam, todas numa transação; segura com vários processos.

    A um banco mais novo com que este programa ainda trabalha nada faz.

    Args:
        banco: o que se atualiza.
        fase: ``ANTES`` para diante da primeira que o programa de antes não suporta; ``DEPOIS``
            aplica todas.

    Raises:
        BancoIndisponivel: se o banco não atendeu, ou outro processo migra além do limite.
        EsquemaMaisNovo: se o banco já não é compatível com este programa.
    """
    # no SQLite a própria escrita já exclui os outros processos
    with banco.escrita() as conn:
        if banco.dialeto == "postgresql":
            # uma migração pode durar mais do que um comando do dia a dia
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
            conn.exec_driver_sql("SET LOCAL lock_timeout = 0")
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TRANCA})")
        antes = _estado(conn)
        if antes.mais_novo:
            if not antes.serve:
                raise EsquemaMaisNovo(
                    f"o banco, na revisão {antes.atual}, é de um programa mais novo do que este"
                )
            return
        faltam = _faltam(antes.atual)
        aplicar = faltam if fase is Fase.DEPOIS else _as_de_antes(faltam)
        if not aplicar:
            return
        configuracao = _configuracao()
        configuracao.attributes["conexao"] = conn
        # num banco vazio não há programa de antes
        command.upgrade(configuracao, aplicar[-1].revision)
        quebram = [p.revision for p in aplicar if _so_depois(p)] if antes.atual else []
        if quebram:
            conn.execute(insert(tabelas.esquema_compativel).values(minima=quebram[-1]))


def estado(banco: Banco) -> EstadoEsquema:
    """Compara a revisão do banco com a do programa.

    Raises:
        BancoIndisponivel: se o banco não atendeu.
    """
    with banco.leitura() as conn:
        return _estado(conn)


def _estado(conn: Connection) -> EstadoEsquema:
    atual, esperado = _revisao(conn), _esperado()
    if atual == esperado:
        return EstadoEsquema(atual, esperado)
    if atual is not None and atual not in _conhecidas():
        # as nossas são números; de outra coisa não se sabe
        serve = atual.isdigit() and atual > _COMPATIVEL_DESDE and esperado >= _minima(conn)
        return EstadoEsquema(atual, esperado, serve, mais_novo=True)
    serve = atual is not None and all(_so_depois(p) for p in _faltam(atual))
    return EstadoEsquema(atual, esperado, serve)


def _minima(conn: Connection) -> str:
    minima = conn.execute(select(func.max(tabelas.esquema_compativel.c.minima))).scalar()
    return minima or _COMPATIVEL_DESDE


def _faltam(atual: str | None) -> list[Script]:
    """As migrações por aplicar, na ordem em que se aplicam."""
    passos = _pasta().iterate_revisions("head", atual or "base")
    return list(reversed(list(passos)))


def _as_de_antes(faltam: list[Script]) -> list[Script]:
    for n, passo in enumerate(faltam):
        if _so_depois(passo):
            return faltam[:n]
    return faltam


def _so_depois(passo: Script) -> bool:
    return bool(getattr(passo.module, "so_depois", False))


def _revisao(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


@cache
def _pasta() -> ScriptDirectory:
    return ScriptDirectory.from_config(_configuracao())


@cache
def _conhecidas() -> frozenset[str]:
    return frozenset(passo.revision for passo in _pasta().walk_revisions())


@cache
def _esperado() -> str:
    cabeca = _pasta().get_current_head()
    if cabeca is None:
        raise RuntimeError("o programa veio sem as suas migrações")
    return cabeca


def _configuracao() -> Config:
    pasta = _PASTA
    configuracao = Config()
    configuracao.set_main_option("script_location", str(pasta).replace("%", "%%"))
    configuracao.set_main_option("path_separator", "newline")
    configuracao.set_main_option("version_locations", str(pasta / "versoes").replace("%", "%%"))
    return configuracao
