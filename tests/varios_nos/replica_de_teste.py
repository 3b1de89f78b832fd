"""Uma réplica de verdade do PostgreSQL dos testes: cópia do servidor inteiro, que o segue."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from integration.banco_de_teste import PostgresProprio, SemPostgres
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from integration.banco_de_teste import Postgres

_USUARIO_DO_SISTEMA = "postgres"
_ESPERA = 20.0


class ReplicaDeTeste:
    """Um servidor numa pasta temporária, que recebe o que o principal escreve.

    Args:
        principal: tem de ser um servidor só dos testes, e não o de ``TISS_TEST_DSN``.

    Raises:
        SemPostgres: não se pode copiar o principal; diz por quê.
    """

    def __init__(self, principal: Postgres) -> None:
        if not isinstance(principal, PostgresProprio):
            raise SemPostgres("o PostgreSQL de TISS_TEST_DSN não é dos testes para se copiar")
        self._programas = principal._programas
        if not (self._programas / "pg_basebackup").exists():
            raise SemPostgres("esta instalação do PostgreSQL não traz pg_basebackup")
        self._prefixo = principal._prefixo
        self.pasta = Path(tempfile.mkdtemp(prefix="tiss-replica-"))
        if self._prefixo:
            shutil.chown(self.pasta, _USUARIO_DO_SISTEMA)
        self._rodar(
            "pg_basebackup", "-h", str(principal._pasta), "-U", "tiss", "-D", "d", "-R",
            "-X", "stream", "-c", "fast", "--no-sync",
        )  # fmt: skip
        self.iniciar()

    def url(self, do_principal: str) -> str:
        """A URL, na réplica, da mesma base."""
        endereco = make_url(do_principal).update_query_dict({"host": str(self.pasta)})
        return endereco.render_as_string(hide_password=False)

    def iniciar(self) -> None:
        opcoes = (
            f"-c fsync=off -c listen_addresses='' -c unix_socket_directories='{self.pasta}'"
            " -c wal_receiver_status_interval=1s"
        )
        self._rodar("pg_ctl", "start", "-w", "-D", "d", "-l", "registro", "-o", opcoes)

    def parar(self) -> None:
        self._rodar("pg_ctl", "stop", "-w", "-m", "immediate", "-D", "d")

    def pausar(self) -> None:
        """Deixa de aplicar o que recebe, como uma réplica que se atrasa."""
        self._perguntar("SELECT pg_wal_replay_pause()")
        fim = time.monotonic() + _ESPERA
        while self._perguntar("SELECT pg_get_wal_replay_pause_state()") != "paused":
            assert time.monotonic() < fim
            time.sleep(0.01)

    def retomar(self) -> None:
        self._perguntar("SELECT pg_wal_replay_resume()")

    def promover(self) -> None:
        """Faz dela um principal, que já não segue o outro."""
        assert self._perguntar("SELECT pg_promote()") is True

    def alcancar(self, do_principal: str) -> None:
        """Espera até ter aplicado tudo o que o principal escreveu até agora."""
        dsn = make_url(do_principal).set(drivername="postgresql", username="tiss")
        with psycopg.connect(dsn.render_as_string(hide_password=False)) as conexao:
            linha = conexao.execute("SELECT pg_current_wal_lsn()").fetchone()
        assert linha is not None
        fim = time.monotonic() + _ESPERA
        while not self._perguntar(f"SELECT pg_last_wal_replay_lsn() >= '{linha[0]}'::pg_lsn"):
            assert time.monotonic() < fim, "a réplica não alcança o principal"
            time.sleep(0.01)

    def encerrar(self) -> None:
        if (self.pasta / "d" / "postmaster.pid").exists():
            self.parar()
        shutil.rmtree(self.pasta)

    def _perguntar(self, comando: str) -> object:
        dsn = f"host={self.pasta} user=tiss dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as conexao:
            linha = conexao.execute(comando).fetchone()
        return None if linha is None else linha[0]

    def _rodar(self, programa: str, *argumentos: str) -> None:
        # em arquivo, e não em pipe: o servidor iniciado herda a saída e a manteria aberta
        with tempfile.TemporaryFile("w+") as saida:
            feito = subprocess.run(
                [*self._prefixo, str(self._programas / programa), *argumentos],
                cwd=self.pasta, check=False, stdin=subprocess.DEVNULL, stdout=saida,
                stderr=subprocess.STDOUT, timeout=120,
            )  # fmt: skip
            saida.seek(0)
            if feito.returncode:
                raise SemPostgres(f"{programa} falhou: {saida.read()}")
