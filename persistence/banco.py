"""A porta do banco de dados: abre por URL, dá transações de leitura e de escrita.

SQLite: WAL, ``synchronous=FULL``, chaves estrangeiras ligadas e ``BEGIN IMMEDIATE`` nas escritas,
para que duas escritas nunca se cruzem no meio. PostgreSQL: psycopg 3, leituras em fotografia
(``REPEATABLE READ READ ONLY``), o que no SQLite uma leitura já é.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from persistence import conexao_postgres, conexao_sqlite, direto, espera
from persistence.cifra import Cifra
from persistence.conexoes import Conexoes, TodasOcupadas
from persistence.erros import BancoIndisponivel
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine.interfaces import IsolationLevel

    from persistence.replica import Replica

T = TypeVar("T")
Dialeto = Literal["sqlite", "postgresql"]

_OPCAO_CIFRA = "tiss_cifra"
_FOLGA = 1.5
"""Vezes o que o servidor dá a um comando; passadas, já não é ele que demora."""


class Banco:
    """Um banco de dados aberto; seguro entre threads e através de ``fork``.

    Abre-se por ``Banco.abrir``. As conexões são feitas quando precisas: abrir não exige que o
    banco esteja de pé.

    Attributes:
        replica: de onde ``consultar`` pode ler; quem a põe a inicia.
    """

    def __init__(self, de_ler: Conexoes, de_escrever: Conexoes, *, avulsas: bool = False) -> None:
        self._de_ler = de_ler
        self._de_escrever = de_escrever
        # só o PostgreSQL ganha com isto: lá o BEGIN e o COMMIT são idas e voltas ao servidor
        self._avulsas = avulsas
        self._escrita_falhou = False
        self.replica: Replica | None = None
        _abertos.add(self)

    @classmethod
    def abrir(
        cls,
        url: str,
        *,
        conexoes: int = 5,
        limite_segundos: float = 10.0,
        cifra: Cifra | None = None,
    ) -> Banco:
        """Abre o banco de uma URL.

        Args:
            url: ``sqlite:///arquivo.db`` ou ``postgresql+psycopg://usuario:senha@host/base``.
            conexoes: o máximo de conexões deste processo; no SQLite, de leitura, além da única
                de escrita.
            limite_segundos: quanto um comando, uma tranca ou a fila por uma conexão pode durar.
            cifra: a dos bytes guardados; sem ela o novo se guarda às claras, e o cifrado não se lê.

        Raises:
            ValueError: se a URL não é de um dos dois bancos, ou é de um SQLite em memória.
        """
        endereco = _endereco(url)
        if endereco.get_backend_name() == "sqlite":
            argumentos = conexao_sqlite.argumentos(limite_segundos)
            leitor = _motor(endereco, argumentos, cifra)
            event.listen(leitor, "connect", conexao_sqlite.preparar_leitura)
            # o SQLite tem um só escritor, que se espera dormindo em passos cada vez maiores; entre
            # as threads do processo a fila pela única conexão é mais rápida e mais justa
            escritor = _motor(endereco, argumentos, cifra)
            event.listen(escritor, "connect", conexao_sqlite.preparar)
            return cls(
                Conexoes(leitor, conexao_sqlite, conexoes, limite_segundos),
                Conexoes(escritor, conexao_sqlite, 1, limite_segundos),
            )
        argumentos = conexao_postgres.argumentos(endereco, limite_segundos)
        motor = _motor(endereco, argumentos, cifra, "AUTOCOMMIT").execution_options(
            **{direto.OPCAO_LIMITE: limite_segundos * _FOLGA}
        )
        todas = Conexoes(motor, conexao_postgres, conexoes, limite_segundos)
        return cls(todas, todas, avulsas=True)

    @property
    def cifra(self) -> Cifra | None:
        """A cifra do que se escreve nele."""
        opcoes = self._de_escrever.motor.get_execution_options()
        cifra: Cifra | None = opcoes.get(_OPCAO_CIFRA)
        return cifra

    @property
    def url(self) -> URL:
        """De onde se abriu."""
        return self._de_escrever.motor.url

    @property
    def dialeto(self) -> Dialeto:
        """``sqlite`` ou ``postgresql``."""
        return "sqlite" if self._de_escrever.motor.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def leitura(self) -> Iterator[Connection]:
        """Uma transação só de leitura, sobre uma fotografia do banco.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        with _traduzindo(), self._de_ler.leitura() as conn:
            yield conn

    @contextmanager
    def escrita(self) -> Iterator[Connection]:
        """Uma transação: commit na saída, nada gravado se sai por exceção.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        with self._anotando_falhas(), self._de_escrever.escrita() as conn:
            yield conn

    @contextmanager
    def consulta_avulsa(self) -> Iterator[Connection]:
        """Uma leitura de um só comando, que não precisa de uma transação em volta.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        if not self._avulsas:
            with self.leitura() as conn:
                yield conn
            return
        with _traduzindo(), self._de_ler.avulsa() as conn:
            yield conn

    @contextmanager
    def escrita_avulsa(self) -> Iterator[Connection]:
        """Uma escrita de um só comando, que é ele mesmo a transação; sem exceção, está gravada.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        if not self._avulsas:
            with self.escrita() as conn:
                yield conn
            return
        with self._anotando_falhas(), self._de_escrever.avulsa() as conn, espera.a_gravar():
            yield conn

    @contextmanager
    def _anotando_falhas(self) -> Iterator[None]:
        """Em volta de uma escrita, para que a prontidão saiba se o banco as aceita."""
        try:
            with _traduzindo(escrita=True):
                yield
        except BancoIndisponivel as erro:
            # esperar por uma conexão livre é carga, e não um banco que não aceita escritas
            self._escrita_falhou = not isinstance(erro.__cause__, TodasOcupadas)
            raise
        self._escrita_falhou = False

    def consultar(
        self, consulta: Callable[[Connection], T], achou: Callable[[T], bool] = bool
    ) -> T:
        """Uma leitura que pode vir da réplica, se há uma e não está atrasada demais.

        Args:
            consulta: só lê; pode ser chamada duas vezes.
            achou: se o que se leu vale ainda que a réplica o diga; senão lê-se do principal.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        if self.replica is not None:
            return self.replica.consultar(consulta, achou)
        with self.leitura() as conn:
            return consulta(conn)

    def vivo(self) -> bool:
        """Diz se o banco responde agora, pela consulta mais barata que chega até ele."""
        try:
            with self.leitura() as conn:
                _PULSO.executar(conn)
        except BancoIndisponivel:
            return False
        return True

    def escreve(self) -> bool:
        """Diz se o banco aceita escritas; só o experimenta se a última deste processo falhou.

        Um banco cheio, ou que passou a ser uma réplica, responde a leituras como se nada fosse.
        """
        if not self._escrita_falhou:
            return True
        try:
            with self.escrita() as conn:
                if self.dialeto == "sqlite":
                    conexao_sqlite.experimentar(conn)
                else:
                    conexao_postgres.experimentar(conn)
        except BancoIndisponivel:
            return False
        return True

    def fechar(self) -> None:
        """Fecha as conexões guardadas; as em uso fecham quando devolvidas."""
        if self.replica is not None:
            self.replica.fechar()
        self._de_ler.fechar()
        self._de_escrever.fechar()

    def _apos_fork(self) -> None:
        self._de_ler.esquecer()
        self._de_escrever.esquecer()


# no SQLite um SELECT sem tabela não toca no arquivo
_PULSO = Pronto(text("SELECT 1"), sqlite=text("PRAGMA schema_version"))

_abertos: weakref.WeakSet[Banco] = weakref.WeakSet()


def _renovar_no_filho() -> None:
    for banco in _abertos:
        banco._apos_fork()  # noqa: SLF001 - a mesma casa


os.register_at_fork(after_in_child=_renovar_no_filho)


def cifra_de(conn: Connection) -> Cifra | None:
    """A cifra com que o banco de uma conexão foi aberto."""
    cifra: Cifra | None = conn.get_execution_options().get(_OPCAO_CIFRA)
    return cifra


def nao_cifrar(conn: Connection) -> None:
    """Daqui até ao fim da transação o novo se guarda às claras; o cifrado ainda se lê."""
    cifra = cifra_de(conn)
    if cifra is not None:
        conn.execution_options(**{_OPCAO_CIFRA: Cifra(cifra.arquivo, cifrar=False)})


def _motor(
    endereco: URL,
    argumentos: dict[str, Any],
    cifra: Cifra | None,
    isolamento: IsolationLevel | None = None,
) -> Engine:
    return create_engine(
        endereco,
        poolclass=NullPool,
        connect_args=argumentos,
        isolation_level=isolamento,
        # um erro não pode levar dados de pacientes para o log
        hide_parameters=True,
        execution_options={_OPCAO_CIFRA: cifra},
    )


def _endereco(url: str) -> URL:
    # as mensagens não repetem a URL, que pode trazer senha
    try:
        endereco = make_url(url)
    except ArgumentError:
        raise ValueError("a URL do banco não se entende") from None
    if endereco.drivername == "postgresql+psycopg":
        return endereco
    if endereco.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ValueError("a URL do banco deve começar por sqlite:/// ou postgresql+psycopg://")
    if endereco.database in (None, "", ":memory:") or "mode" in endereco.query:
        raise ValueError("o SQLite precisa de um arquivo, como em sqlite:///dados/tiss.db")
    return endereco


@contextmanager
def _traduzindo(*, escrita: bool = False) -> Iterator[None]:
    try:
        yield
    except TodasOcupadas as erro:
        raise BancoIndisponivel("todas as conexões com o banco estão ocupadas") from erro
    except (DBAPIError, psycopg.Error, sqlite3.Error) as erro:
        if _e_indisponibilidade(erro, escrita=escrita):
            raise BancoIndisponivel("o banco de dados não atendeu") from erro
        raise


def _e_indisponibilidade(erro: Exception, *, escrita: bool) -> bool:
    if isinstance(erro, DBAPIError):
        if erro.connection_invalidated:
            return True
        original: BaseException | None = erro.orig
    else:
        original = erro
    # escrever numa leitura é um erro do programa; não poder escrever numa escrita, do banco
    if isinstance(original, sqlite3.Error):
        return conexao_sqlite.e_indisponibilidade(original, escrita=escrita)
    if escrita and isinstance(original, conexao_postgres.SO_LEITURA):
        return True
    # psycopg põe sob OperationalError as classes 08, 40, 53, 55, 57 e 58: conexão, impasse,
    # recursos, tranca, cancelamento por limite, sistema
    return isinstance(original, psycopg.OperationalError)
