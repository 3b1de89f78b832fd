"""Comandos que vão ao PostgreSQL pela ``libpq``, sem o cursor do psycopg.

O psycopg envia e espera em passos de Python, o que para um comando de uma linha custa dez vezes o
comando; a chamada que bloqueia é uma só, em C, e solta a trava do interpretador enquanto espera. Os
limites de tempo são os da conexão: ``statement_timeout`` no servidor e os do TCP. Os valores
convertem-se pelas regras do psycopg, nos dois sentidos.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult
    from sqlalchemy import Connection

_CHAVE = "tiss.direto"
_TEXTO, _BINARIO = PyFormat.TEXT, PyFormat.BINARY
_CERTO = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Direto:
    """O caminho curto de uma conexão; quem a tem é o único que o usa.

    Args:
        conexao: a do psycopg, em autocommit.
    """

    __slots__ = ("_conexao", "_conversor", "_pgconn", "_prontos")

    def __init__(self, conexao: psycopg.Connection[Any]) -> None:
        self._conexao = conexao
        self._pgconn = conexao.pgconn
        self._conversor = Transformer(conexao)
        self._prontos: set[bytes] = set()

    def comando(self, sql: bytes) -> None:
        """Executa um comando sem valores nem resultado, como ``BEGIN``.

        Raises:
            psycopg.Error: o servidor recusou, ou não há servidor.
        """
        self._conferido(self._pgconn.exec_(sql))

    def linhas(self, nome: bytes, sql: bytes, valores: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Executa um comando e dá as linhas do resultado, se as tem.

        Args:
            nome: do comando nesta conexão, que o prepara da primeira vez.
            sql: com ``$1``, ``$2``.
            valores: um por parâmetro, nessa ordem.

        Raises:
            psycopg.Error: o servidor recusou, ou não há servidor.
        """
        if nome not in self._prontos:
            self._conferido(self._pgconn.prepare(nome, sql))
            self._prontos.add(nome)
        conversor = self._conversor
        # do texto o servidor faz o tipo da coluna; um inteiro binário teria de o acertar
        formatos = [_BINARIO if type(v) is bytes else _TEXTO for v in valores]
        escritos: Any = conversor.dump_sequence(valores, formatos)
        resultado = self._conferido(
            self._pgconn.exec_prepared(nome, escritos, conversor.formats or None)
        )
        if not resultado.ntuples:
            return []
        conversor.set_pgresult(resultado)
        return conversor.load_rows(0, resultado.ntuples, tuple)

    def _conferido(self, resultado: PGresult) -> PGresult:
        if resultado.status in _CERTO:
            return resultado
        if self._pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError("perdeu-se a conexão com o servidor")
        raise psycopg.errors.error_from_result(resultado, self._conexao.info.encoding)


def de(conn: Connection) -> Direto:
    """O caminho curto da conexão que está por baixo; o mesmo enquanto ela durar."""
    guardados = conn.connection.info
    direto: Direto | None = guardados.get(_CHAVE)
    if direto is None:
        conexao: Any = conn.connection.driver_connection
        direto = guardados[_CHAVE] = Direto(conexao)
    return direto
