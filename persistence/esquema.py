"""O esquema do banco: levá-lo à versão do programa e dizer em que versão está."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.banco import Banco

_TRANCA = 0x7155_6D69
"""Número da tranca consultiva do PostgreSQL; só precisa não ser de mais ninguém no banco."""


class EstadoEsquema(NamedTuple):
    """Onde o esquema está.

    Attributes:
        atual: revisão aplicada no banco; ausente num banco vazio.
        esperado: revisão deste programa.
    """

    atual: str | None
    esperado: str

    @property
    def em_dia(self) -> bool:
        """Se o banco está na revisão deste programa."""
        return self.atual == self.esperado


def atualizar(banco: Banco) -> None:
    """Aplica as migrações que faltam, todas numa transação; segura com vários processos.

    Raises:
        BancoIndisponivel: se o banco não atendeu, ou outro processo migra além do limite.
    """
    # no SQLite a própria escrita já exclui os outros processos
    with banco.escrita() as conn:
        if banco.dialeto == "postgresql":
            # uma migração pode durar mais do que um comando do dia a dia
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
            conn.exec_driver_sql("SET LOCAL lock_timeout = 0")
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TRANCA})")
        configuracao = _configuracao()
        configuracao.attributes["conexao"] = conn
        command.upgrade(configuracao, "head")


def estado(banco: Banco) -> EstadoEsquema:
    """Compara a revisão do banco com a do programa.

    Raises:
        BancoIndisponivel: se o banco não atendeu.
    """
    with banco.leitura() as conn:
        return EstadoEsquema(_revisao(conn), _esperado())


def _revisao(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


@cache
def _esperado() -> str:
    cabeca = ScriptDirectory.from_config(_configuracao()).get_current_head()
    if cabeca is None:
        raise RuntimeError("o programa veio sem as suas migrações")
    return cabeca


def _configuracao() -> Config:
    pasta = Path(__file__).parent / "migracoes"
    configuracao = Config()
    configuracao.set_main_option("script_location", str(pasta).replace("%", "%%"))
    configuracao.set_main_option("path_separator", "newline")
    configuracao.set_main_option("version_locations", str(pasta / "versoes").replace("%", "%%"))
    return configuracao
