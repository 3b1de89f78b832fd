"""Comandos do SQLAlchemy compilados uma vez e executados direto no driver ou na ``libpq``.

Uma mensagem de uma guia faz uma dezena de comandos pequenos, e o que o SQLAlchemy gasta em cada
execução (contexto, cabeçalho do resultado) é três vezes o que gasta o driver. Os tipos continuam
a ser os das tabelas, nos dois sentidos.
"""

from __future__ import annotations

import itertools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from persistence import direto

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Dialect, Executable
    from sqlalchemy.sql.compiler import SQLCompiler

    _Processador = Callable[[Any], Any]

NADA: Mapping[str, Any] = MappingProxyType({})
_PARAMETRO = re.compile(r"%\((\w+)\)s|%%")
_nomes = itertools.count(1)


class Pronto:
    """Um comando de texto fixo; só os valores mudam de uma execução a outra.

    Serve só dentro de ``Banco.leitura`` ou ``Banco.escrita``. Numa inserção, as chaves dos
    valores são sempre as mesmas.

    Args:
        comando: o mesmo para os dois bancos.
        sqlite: o do SQLite, quando é outro.
    """

    def __init__(self, comando: Executable, *, sqlite: Executable | None = None) -> None:
        self._comandos = {"postgresql": comando, "sqlite": comando if sqlite is None else sqlite}
        self._compilados: dict[str, _Compilado] = {}

    def linhas(self, conn: Connection, valores: Mapping[str, Any] = NADA) -> list[tuple[Any, ...]]:
        """Executa e dá todas as linhas do resultado, que pode ser vazio.

        Raises:
            DBAPIError: o erro do driver, como o SQLAlchemy o daria.
        """
        nome = conn.dialect.name
        compilado = self._compilados.get(nome)
        if compilado is None:
            compilado = _Compilado(self._comandos[nome], conn.dialect, list(valores))
            self._compilados[nome] = compilado
        return compilado.linhas(conn, valores)

    def primeira(
        self, conn: Connection, valores: Mapping[str, Any] = NADA
    ) -> tuple[Any, ...] | None:
        """Executa e dá a primeira linha do resultado, se há."""
        linhas = self.linhas(conn, valores)
        return linhas[0] if linhas else None

    def executar(self, conn: Connection, valores: Mapping[str, Any] = NADA) -> None:
        """Executa um comando de que não se espera resultado."""
        self.linhas(conn, valores)


def como_do_sqlalchemy(conn: Connection, sql: str, erro: Any) -> DBAPIError:
    """O erro do driver na forma em que o SQLAlchemy o daria, sem os valores do comando."""
    dialeto = conn.dialect
    conexao: Any = conn.connection.driver_connection
    como: DBAPIError = DBAPIError.instance(
        sql,
        None,
        erro,
        dialeto.loaded_dbapi.Error,
        hide_parameters=True,
        dialect=dialeto,
        connection_invalidated=dialeto.is_disconnect(erro, conexao, None),
    )
    return como


class _Compilado:
    def __init__(self, comando: Executable, dialeto: Dialect, chaves: list[str]) -> None:
        compilado: SQLCompiler = comando.compile(dialect=dialeto, column_keys=chaves)  # type: ignore[attr-defined]
        self._sql = str(compilado)
        self._na_libpq = dialeto.name == "postgresql"
        if self._na_libpq:
            self._nome = b"tiss%d" % next(_nomes)
            self._cru, self._posicoes = _numerado(self._sql)
        else:
            self._posicoes = list(compilado.positiontup or ())
        self._entrada: dict[str, _Processador] = {}
        self._fixos: dict[str, Any] = {}
        for parametro, nome in compilado.bind_names.items():
            processador = parametro.type.dialect_impl(dialeto).bind_processor(dialeto)
            if processador is not None:
                self._entrada[nome] = processador
            if not parametro.required:
                self._fixos[nome] = parametro.value
        colunas = tuple(getattr(comando, "exported_columns", ()))
        self._devolve = bool(colunas)
        saida = (c.type.dialect_impl(dialeto).result_processor(dialeto, None) for c in colunas)
        self._saida = [(n, processador) for n, processador in enumerate(saida) if processador]

    def linhas(self, conn: Connection, valores: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        parametros = {**self._fixos, **valores}
        for nome, processador in self._entrada.items():
            parametros[nome] = processador(parametros[nome])
        argumentos = tuple([parametros[nome] for nome in self._posicoes])
        try:
            linhas = self._no_driver(conn, argumentos)
        except conn.dialect.loaded_dbapi.Error as erro:
            raise como_do_sqlalchemy(conn, self._sql, erro) from erro
        return [self._processada(linha) for linha in linhas] if self._saida else linhas

    def _no_driver(self, conn: Connection, argumentos: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._na_libpq:
            return direto.de(conn).linhas(self._nome, self._cru, argumentos)
        driver: Any = conn.connection.driver_connection
        cursor = driver.execute(self._sql, argumentos)
        linhas: list[tuple[Any, ...]] = cursor.fetchall() if self._devolve else []
        return linhas

    def _processada(self, linha: tuple[Any, ...]) -> tuple[Any, ...]:
        valores = list(linha)
        for n, processador in self._saida:
            valores[n] = processador(valores[n])
        return tuple(valores)


def _numerado(sql: str) -> tuple[bytes, list[str]]:
    """O comando com ``$1`` em lugar de ``%(nome)s``, e os nomes por essa ordem."""
    nomes: dict[str, int] = {}

    def marca(achado: re.Match[str]) -> str:
        nome = achado[1]
        return "%" if nome is None else f"${nomes.setdefault(nome, len(nomes) + 1)}"

    return _PARAMETRO.sub(marca, sql).encode(), list(nomes)
