"""Cópias tiradas com o gateway a receber, pelas ferramentas do próprio banco, e restauradas.

Os passos são os de docs/operations.md: primeiro o banco, depois os documentos, e as chaves à parte.
"""

from __future__ import annotations

import shutil
import subprocess
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from acceptance.servidor import Servidor
from durabilidade.carga import EM_VIGOR, LOTES, Carga, mensagem_de_lote, numero_respondido
from durabilidade.inteireza import conferir_arquivo, conferir_envios, conferir_metades
from sqlalchemy import text
from sqlalchemy.engine import make_url
from validador import validar_resposta

from dominio.transacoes import POR_SERVICO
from gateway.aplicacao import recepcao
from gateway.secoes.documentos import Documentos
from handlers.andamento import Pedido
from mensagem.parse import MIB, Limites
from persistence import integridade
from persistence.arquivos import Pasta
from persistence.banco import Banco
from persistence.cifra import Cifra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from durabilidade.carga import Envio
    from integration.banco_de_teste import PostgresProprio

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

_ANTES = 12
_REPETIDOS = 5
_LIMITES = Limites(documentos=Limites(tamanho=46 * MIB, marcas=200_000, texto_longo=True))


@dataclass
class Restaurado:
    """Um banco restaurado com a sua pasta, sem servidor.

    Attributes:
        banco: aberto com as chaves que se guardaram.
        pasta: onde estão documentos e chaves.
    """

    banco: Banco
    operadora: Operadora
    prestador: Prestador
    pasta: Path

    def receber(self, dados: bytes, servico: str) -> str | None:
        """O número que os bytes recebem deste banco."""
        receptor = recepcao(
            self.banco, _LIMITES, documentos=Documentos(folder=self.pasta / "dados" / "documentos")
        )
        pedido = Pedido(dados, POR_SERVICO[servico], EM_VIGOR, "soap", uuid.uuid4().hex)
        resultado = receptor.receber(pedido)
        return numero_respondido(validar_resposta(resultado.corpo, EM_VIGOR), servico)


@pytest.fixture(scope="module")
def em_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um gateway em SQLite."""
    pasta = tmp_path_factory.mktemp("copias")
    servidor = Servidor(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    yield servidor
    servidor.encerrar()


@pytest.fixture(scope="module")
def em_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresProprio
) -> Iterator[Servidor]:
    """Um gateway em PostgreSQL."""
    if not postgres.controlavel:
        pytest.skip("do servidor de TISS_TEST_DSN não se sabem as ferramentas nem os papéis")
    pasta = tmp_path_factory.mktemp("copias")
    servidor = Servidor(postgres.nova_base(), pasta).iniciar()
    yield servidor
    servidor.encerrar()


@contextmanager
def _restaurado(gateway: Servidor, url: str, pasta: Path) -> Iterator[Restaurado]:
    """O banco já restaurado, com os documentos de agora e as chaves."""
    shutil.copytree(gateway.pasta / "dados", pasta / "dados", dirs_exist_ok=True)
    shutil.copytree(gateway.pasta / "chaves", pasta / "chaves")
    banco = Banco.abrir(url, cifra=Cifra(pasta / "chaves" / "arquivo.chaves"))
    try:
        yield Restaurado(banco, gateway.operadora, gateway.prestador, pasta)
    finally:
        banco.fechar()


def _conferir(restaurado: Restaurado, envios: list[Envio]) -> None:
    """Tudo o que se confirmara antes da cópia está lá, e o banco continua a servir."""
    como_servidor = cast("Any", restaurado)
    conferir_envios(como_servidor, envios)
    conferir_metades(como_servidor)
    conferir_arquivo(como_servidor)
    deposito = Pasta(restaurado.pasta / "dados" / "documentos")
    assert list(integridade.conferir(restaurado.banco, deposito)) == []
    for envio in envios[:_REPETIDOS]:
        assert restaurado.receber(envio.dados, envio.servico) == envio.protocolo
    novo = restaurado.receber(mensagem_de_lote("DEPOIS", 1), LOTES)
    assert novo is not None
    assert novo not in {e.protocolo for e in envios}


def test_vacuum_into(em_sqlite: Servidor, tmp_path: Path) -> None:
    """No SQLite, ``VACUUM INTO`` com o gateway no ar dá um banco inteiro."""
    copia = tmp_path / "gateway.db"
    with Carga(em_sqlite, "V") as carga:
        carga.esperar(_ANTES)
        confirmados = list(carga.envios)
        with em_sqlite.banco._de_escrever.avulsa() as conn:
            # fora de transação, como na linha de comando do sqlite3
            conn.connection.driver_connection.execute("VACUUM INTO ?", [str(copia)])
    with _restaurado(em_sqlite, f"sqlite:///{copia}", tmp_path) as restaurado:
        _conferir(restaurado, confirmados)


def test_pg_dump(em_postgres: Servidor, postgres: PostgresProprio, tmp_path: Path) -> None:
    """``pg_dump`` do dono das tabelas, com o gateway no ar, restaura-se num banco vazio."""
    arquivo = tmp_path / "copia.dump"
    with Carga(em_postgres, "D") as carga:
        carga.esperar(_ANTES)
        confirmados = list(carga.envios)
        _rodar(
            postgres, "pg_dump", "--enable-row-security", "--format=custom", f"--file={arquivo}",
            _dsn(em_postgres.url),
        )  # fmt: skip
    nova = postgres.nova_base(migrada=False)
    _rodar(
        postgres, "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={_dsn(nova)}",
        str(arquivo),
    )  # fmt: skip
    with _restaurado(em_postgres, nova, tmp_path) as restaurado:
        _conferir(restaurado, confirmados)
        with restaurado.banco.leitura() as conn:
            politicas = conn.execute(text("SELECT count(*) FROM pg_policies")).scalar_one()
        assert politicas > 0


def test_pg_basebackup(em_postgres: Servidor, postgres: PostgresProprio, tmp_path: Path) -> None:
    """Um servidor iniciado sobre um ``pg_basebackup`` tem tudo o que se confirmara antes dele."""
    with Carga(em_postgres, "B") as carga:
        carga.esperar(_ANTES)
        confirmados = list(carga.envios)
        postgres._rodar(
            "pg_basebackup", "-h", str(postgres._pasta), "-U", "tiss", "-D", "copia", "-X",
            "stream", "-c", "fast",
        )  # fmt: skip
    pasta = postgres._pasta
    soquete = f"-c listen_addresses='' -c port=5433 -c unix_socket_directories='{pasta}'"
    try:
        postgres._rodar("pg_ctl", "start", "-w", "-D", "copia", "-l", "registro2", "-o", soquete)
        url = make_url(em_postgres.url).update_query_dict({"port": "5433"})
        with _restaurado(
            em_postgres, url.render_as_string(hide_password=False), tmp_path
        ) as restaurado:
            _conferir(restaurado, confirmados)
    finally:
        postgres._rodar("pg_ctl", "stop", "-w", "-m", "immediate", "-D", "copia")


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _rodar(postgres: PostgresProprio, programa: str, *argumentos: str) -> None:
    # no terminal de quem opera, que não é o usuário do servidor
    subprocess.run(
        [str(postgres._programas / programa), *argumentos],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
