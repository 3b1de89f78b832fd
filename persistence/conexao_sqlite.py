"""O que o SQLite precisa em cada conexão e no começo de cada transação."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

_INDISPONIVEL = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)

_BYTE_BAIXO = 0xFF
"""Os códigos estendidos do SQLite trazem o código primário no byte baixo."""

COMECAR_LEITURA = "BEGIN"
COMECAR_ESCRITA = "BEGIN IMMEDIATE"
"""Com a tranca já no começo: não há como perdê-la no meio."""

_TENTATIVAS_WAL = 50
_PAUSA_WAL_SEGUNDOS = 0.02


def argumentos(limite_segundos: float) -> dict[str, Any]:
    """Argumentos de ``sqlite3.connect``; o tempo é o ``busy_timeout``."""
    return {
        "timeout": limite_segundos,
        "check_same_thread": False,
        # o driver não abre transações por conta própria: quem as abre é quem pede a conexão
        "isolation_level": None,
    }


def preparar(conexao: sqlite3.Connection, registro: object) -> None:  # noqa: ARG001
    """Deixa uma conexão nova com diário WAL, gravação em disco a cada commit e FKs ligadas."""
    _ligar_wal(conexao)
    conexao.execute("PRAGMA synchronous=FULL")
    conexao.execute("PRAGMA foreign_keys=ON")


def preparar_leitura(conexao: sqlite3.Connection, registro: object) -> None:
    """Idem, numa conexão que nunca escreve.

    É outra conexão, e não a mesma em outro modo, porque mudar o modo joga fora os comandos que a
    conexão já preparou.
    """
    preparar(conexao, registro)
    conexao.execute("PRAGMA query_only=ON")


def serve(conexao: sqlite3.Connection) -> bool:  # noqa: ARG001
    """Uma conexão guardada serve sempre: não há servidor que a feche."""
    return True


def comando(conn: Connection, sql: str) -> None:
    """Executa um comando sem valores nem resultado.

    Raises:
        sqlite3.Error: não se pôde.
    """
    conexao: Any = conn.connection.driver_connection
    conexao.execute(sql)


def experimentar(conn: Connection) -> None:
    """Grava no arquivo sem mudar nada: a escrita que menos ocupa."""
    versao = conn.exec_driver_sql("PRAGMA user_version").scalar_one()
    conn.exec_driver_sql(f"PRAGMA user_version = {versao:d}")


def e_indisponibilidade(erro: sqlite3.Error, *, escrita: bool = False) -> bool:
    """Separa o banco que não atende do comando errado."""
    codigo = getattr(erro, "sqlite_errorcode", None)
    if codigo is None:
        return False
    primario = codigo & _BYTE_BAIXO
    return primario in _INDISPONIVEL or (escrita and primario == sqlite3.SQLITE_READONLY)


def _ligar_wal(conexao: sqlite3.Connection) -> None:
    # passar a WAL pede o arquivo só para si e não espera pelo busy_timeout: dois processos que
    # abrem juntos um arquivo novo precisam repetir
    for tentativa in range(_TENTATIVAS_WAL):
        try:
            conexao.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as erro:
            if not e_indisponibilidade(erro) or tentativa == _TENTATIVAS_WAL - 1:
                raise
            time.sleep(_PAUSA_WAL_SEGUNDOS)
        else:
            return
