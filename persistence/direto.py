"""Comandos que vão ao PostgreSQL pela ``libpq``, sem o cursor do psycopg.

O psycopg envia e espera em passos de Python, o que para um comando de uma linha custa dez vezes o
comando; a chamada que bloqueia é uma só, em C, e solta a trava do interpretador enquanto espera. Os
limites de tempo são os da conexão, ``statement_timeout`` no servidor e os do TCP, e o do ``vigia``
para o servidor que parou sem se despedir. Os valores convertem-se pelas regras do psycopg, nos dois
sentidos.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

from persistence import vigia

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.pq.abc import PGresult
    from sqlalchemy import Connection

OPCAO_LIMITE = "tiss_limite"
"""Opção de execução com os segundos que um comando pode esperar."""
_SEM_LIMITE = float("inf")
_CHAVE = "tiss.direto"
_TEXTO, _BINARIO = PyFormat.TEXT, PyFormat.BINARY
_CERTO = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Direto:
    """O caminho curto de uma conexão; quem a tem é o único que o usa.

    Args:
        conexao: a do psycopg, em autocommit.
        limite: segundos que um comando pode esperar por um servidor que não diz nada.

    Attributes:
        desde: quando se começou a esperar por um comando; ``None`` se não se espera.
    """

    __slots__ = ("__weakref__", "_conexao", "_conversor", "_pgconn", "_prontos", "desde", "limite")

    def __init__(self, conexao: psycopg.Connection[Any], limite: float) -> None:
        self.desde: float | None = None
        self.limite = limite
        self._conexao = conexao
        self._pgconn = conexao.pgconn
        self._conversor = Transformer(conexao)
        self._prontos: set[bytes] = set()
        vigia.vigiar(self)

    def tomada(self) -> int:
        """O descritor da ligação ao servidor."""
        return self._pgconn.socket

    def comando(self, sql: bytes) -> None:
        """Executa um comando sem valores nem resultado, como ``BEGIN``.

        Raises:
            psycopg.Error: o servidor recusou, ou não há servidor.
        """
        resultado = self._esperado(self._pgconn.exec_, sql)
        if sql == b"COMMIT" and resultado.command_status == b"ROLLBACK":
            # uma transação que já falhou não se confirma, e o servidor di-lo como se nada fosse
            raise psycopg.errors.InFailedSqlTransaction("a transação já tinha falhado")

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
            self._esperado(self._pgconn.prepare, nome, sql)
            self._prontos.add(nome)
        conversor = self._conversor
        # do texto o servidor faz o tipo da coluna; um inteiro binário teria de o acertar
        formatos = [_BINARIO if type(v) is bytes else _TEXTO for v in valores]
        escritos: Any = conversor.dump_sequence(valores, formatos)
        resultado = self._esperado(
            self._pgconn.exec_prepared, nome, escritos, conversor.formats or None
        )
        if not resultado.ntuples:
            return []
        conversor.set_pgresult(resultado)
        return conversor.load_rows(0, resultado.ntuples, tuple)

    def _esperado(self, executar: Callable[..., PGresult], *argumentos: Any) -> PGresult:
        """O que o servidor respondeu, se não foi um erro."""
        self.desde = time.monotonic()
        try:
            resultado = executar(*argumentos)
        finally:
            self.desde = None
        if resultado.status in _CERTO:
            return resultado
        # o que o servidor diz tem código; sem ele foi a libpq, que já não o alcança
        sem_codigo = resultado.error_field(DiagnosticField.SQLSTATE) is None
        if sem_codigo or self._pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError("perdeu-se a conexão com o servidor")
        erro = psycopg.errors.error_from_result(resultado, self._conexao.info.encoding)
        if isinstance(erro, psycopg.errors.InvalidSqlStatementName):
            # alguém mandou o servidor esquecer o que se preparou: não se sabe o que mais esqueceu
            self._conexao.close()
            raise psycopg.OperationalError("a conexão perdeu o que tinha preparado") from erro
        raise erro


def de(conn: Connection) -> Direto:
    """O caminho curto da conexão que está por baixo; o mesmo enquanto ela durar."""
    guardados = conn.connection.info
    direto: Direto | None = guardados.get(_CHAVE)
    if direto is None:
        conexao: Any = conn.connection.driver_connection
        limite = conn.get_execution_options().get(OPCAO_LIMITE, _SEM_LIMITE)
        direto = guardados[_CHAVE] = Direto(conexao, limite)
    return direto
