"""O banco some, enche, tranca ou demora: cada mensagem tem resposta ou falha, e nada fica a meio.

Um só gateway por banco, que nunca se reinicia: é ele que tem de voltar a atender.
"""

from __future__ import annotations

import pwd
import sqlite3
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from acceptance.servidor import Servidor
from durabilidade.carga import EM_VIGOR, Carga, mensagem_de_lote, numero_respondido
from durabilidade.discos import DiscoPequeno, SemDisco
from durabilidade.inteireza import conferir_arquivo, conferir_envios, conferir_metades
from sqlalchemy.engine import make_url
from validador import validar_resposta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from acceptance.servidor import Resposta
    from integration.banco_de_teste import Postgres

_LIMITE_SEGUNDOS = "1"
_ESPERA = 60.0
_LOTES_ATE_ENCHER = 200
_DISCO_MIB = 48


@dataclass
class Casa:
    """Um gateway no ar e o banco dele, em que os testes mexem por fora.

    Attributes:
        gateway: no ar durante o módulo inteiro.
        disco: onde o banco está, se se pôde montar um.
        motivo: por que não há disco.
        postgres: o servidor, se o banco não é o SQLite.
    """

    gateway: Servidor
    disco: DiscoPequeno | None
    motivo: str = ""
    postgres: Postgres | None = None
    _lotes: int = 0

    @property
    def base(self) -> str:
        """Nome da base, ou caminho do arquivo."""
        return make_url(self.gateway.url).database or ""

    def novo_lote(self) -> bytes:
        """Os bytes de um lote com número só dele."""
        self._lotes += 1
        return mensagem_de_lote(f"F{self._lotes}", self._lotes)

    def administrar(self, *comandos: str) -> None:
        """Executa comandos como superusuário, na base do gateway."""
        assert self.postgres is not None
        with self.postgres._administracao(self.base) as conexao:
            for comando in comandos:
                conexao.execute(comando)

    def cortar(self) -> None:
        """Corta todas as conexões da base, menos a que as corta."""
        self.administrar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def aceito(self, dados: bytes) -> str:
        """Envia e exige um protocolo."""
        resposta = self.gateway.postar(dados)
        numero = numero_respondido(validar_resposta(resposta.corpo, EM_VIGOR))
        assert numero is not None, resposta.corpo
        return numero

    def pronto(self) -> bool:
        """O que a prontidão diz agora."""
        return self.gateway.pegar("/health/ready").status == 200

    def esperar_pronto(self) -> None:
        """Espera que a prontidão volte, sem reiniciar nada."""
        _esperar(self.pronto)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def casa(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Casa]:
    """Um gateway por banco, sobre um disco pequeno se se pode montar."""
    pasta = tmp_path_factory.mktemp("falhas")
    postgres: Postgres | None = None
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        if not postgres.controlavel:
            pytest.skip("o PostgreSQL de TISS_TEST_DSN não se pode parar nem administrar")
    disco, motivo = _montar(pasta, postgres)
    try:
        if postgres is None:
            url = f"sqlite:///{(disco.pasta if disco else pasta) / 'gateway.db'}"
        else:
            url = postgres.nova_base()
            if disco is not None:
                _mudar_de_disco(postgres, url, disco)
        gateway = Servidor(url, pasta, TISS_GATEWAY_DATABASE__TIMEOUT=_LIMITE_SEGUNDOS).iniciar()
        yield Casa(gateway, disco, motivo, postgres)
        gateway.encerrar()
        if postgres is not None and disco is not None:
            base = make_url(url).database
            with postgres._administracao() as conexao:
                conexao.execute(f'DROP DATABASE "{base}" WITH (FORCE)')
                conexao.execute("DROP TABLESPACE pequeno")
    finally:
        # um disco que ficasse montado não deixaria apagar a pasta dos testes
        if disco is not None:
            disco.desmontar()


@pytest.fixture
def em_postgres(casa: Casa) -> Casa:
    """O gateway, se o banco é o PostgreSQL."""
    if casa.postgres is None:
        pytest.skip("o SQLite não tem servidor: não há conexões a cortar")
    return casa


def _montar(pasta: Path, postgres: Postgres | None) -> tuple[DiscoPequeno | None, str]:
    try:
        # como root o PostgreSQL dos testes roda como o usuário dele
        dono = None
        if postgres is not None:
            dono = pwd.getpwuid(postgres._pasta.stat().st_uid).pw_name
            # a pasta dos testes é só do usuário deles
            pasta = postgres._pasta
        return DiscoPequeno(pasta / "disco", _DISCO_MIB, dono), ""
    except SemDisco as motivo:
        return None, str(motivo)


def _mudar_de_disco(postgres: Postgres, url: str, disco: DiscoPequeno) -> None:
    base = make_url(url).database
    assert base is not None
    postgres.soltar(base)
    with postgres._administracao() as conexao:
        conexao.execute(f"CREATE TABLESPACE pequeno LOCATION '{disco.pasta}'")
        conexao.execute(f'ALTER DATABASE "{base}" SET TABLESPACE pequeno')


def test_disco_cheio(casa: Casa) -> None:
    """Sem espaço: 503 com Retry-After, prontidão vermelha, e tudo volta quando há espaço."""
    if casa.disco is None:
        pytest.skip(casa.motivo)
    casa.aceito(casa.novo_lote())
    casa.disco.encher()
    try:
        recusado = _ate_recusar(casa)
        vermelha = not casa.pronto()
        ainda = casa.gateway.postar(recusado)
    finally:
        casa.disco.esvaziar()
    assert vermelha
    _conferir_indisponivel(ainda)
    casa.esperar_pronto()
    casa.aceito(recusado)
    conferir_metades(casa.gateway)
    conferir_arquivo(casa.gateway)


def test_tranca_alheia(casa: Casa) -> None:
    """Com o banco trancado por outro além do limite, 503; solto, os mesmos bytes são aceitos."""
    dados = casa.novo_lote()
    with _trancado(casa):
        _conferir_indisponivel(casa.gateway.postar(dados))
    casa.esperar_pronto()
    casa.aceito(dados)
    conferir_metades(casa.gateway)


def test_comando_demorado(em_postgres: Casa) -> None:
    """Um comando que passa do limite é cortado e nada dele fica."""
    em_postgres.administrar(
        "CREATE FUNCTION demorar() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$",
        "CREATE TRIGGER demora BEFORE INSERT ON guia EXECUTE FUNCTION demorar()",
    )
    dados = em_postgres.novo_lote()
    try:
        _conferir_indisponivel(em_postgres.gateway.postar(dados))
    finally:
        em_postgres.administrar("DROP TRIGGER demora ON guia", "DROP FUNCTION demorar")
    em_postgres.esperar_pronto()
    em_postgres.aceito(dados)
    conferir_metades(em_postgres.gateway)


def test_banco_que_passa_a_replica(em_postgres: Casa) -> None:
    """Um banco que só se lê dá 503 e prontidão vermelha até que se possa escrever nele."""
    assert em_postgres.postgres is not None
    dados = em_postgres.novo_lote()
    with _como_replica(em_postgres.postgres):
        _conferir_indisponivel(em_postgres.gateway.postar(dados))
        vermelha = em_postgres.gateway.pegar("/health/ready")
    assert vermelha.status == 503
    assert "não aceita escritas" in vermelha.corpo.decode()
    em_postgres.esperar_pronto()
    em_postgres.aceito(dados)
    conferir_metades(em_postgres.gateway)


def test_conexoes_cortadas_sob_carga(em_postgres: Casa) -> None:
    """Cortadas as conexões no meio da carga, o confirmado está inteiro, e ninguém reinicia nada."""
    with Carga(em_postgres.gateway, "C") as carga:
        for _ in range(5):
            carga.esperar(4)
            em_postgres.cortar()
        carga.esperar(4)
    _conferir_depois(em_postgres, carga)


@pytest.mark.parametrize("modo", ["fast", "immediate"])
def test_banco_reiniciado_sob_carga(em_postgres: Casa, modo: str) -> None:
    """Reiniciado o banco, também à força, a prontidão vai a vermelho e volta sozinha."""
    assert em_postgres.postgres is not None
    with Carga(em_postgres.gateway, f"R{modo[0]}") as carga:
        carga.esperar(4)
        em_postgres.postgres._rodar("pg_ctl", "stop", "-w", "-m", modo, "-D", "d")
        try:
            vermelha = not em_postgres.pronto()
        finally:
            em_postgres.postgres.iniciar()
        em_postgres.esperar_pronto()
        carga.esperar(4)
    assert vermelha
    assert carga.falhas
    _conferir_depois(em_postgres, carga)


def _conferir_depois(casa: Casa, carga: Carga) -> None:
    assert set(carga.falhas) <= {503}
    assert carga.interrompidos == 0
    casa.esperar_pronto()
    conferir_envios(casa.gateway, carga.envios)
    conferir_metades(casa.gateway)
    conferir_arquivo(casa.gateway)


def _conferir_indisponivel(resposta: Resposta) -> None:
    falha = validar_resposta(resposta.corpo, EM_VIGOR)
    assert falha.findtext("faultcode", "").endswith(":Server")
    assert b"ErroInesperadoServidor" in resposta.corpo
    assert resposta.status == 503
    assert int(resposta.cabecalhos["retry-after"]) > 0


def _ate_recusar(casa: Casa) -> bytes:
    """Manda lotes até um não caber: o banco ainda tem páginas livres dentro do que já ocupava."""
    for _ in range(_LOTES_ATE_ENCHER):
        dados = casa.novo_lote()
        resposta = casa.gateway.postar(dados)
        if resposta.status != 200:
            _conferir_indisponivel(resposta)
            return dados
        assert casa.disco is not None
        casa.disco.encher()
    raise AssertionError("o disco não encheu")


@contextmanager
def _trancado(casa: Casa) -> Iterator[None]:
    """Outro programa tem o banco trancado para escrita."""
    if casa.postgres is not None:
        with casa.postgres._administracao(casa.base) as conexao, conexao.transaction():
            conexao.execute("LOCK TABLE lote, mensagem IN EXCLUSIVE MODE")
            yield
        return
    outro = sqlite3.connect(casa.base, isolation_level=None)
    try:
        outro.execute("BEGIN IMMEDIATE")
        yield
    finally:
        outro.close()


@contextmanager
def _como_replica(postgres: Postgres) -> Iterator[None]:
    """O mesmo servidor reiniciado em recuperação, à espera de um principal que não há."""
    sinal = postgres._pasta / "d" / "standby.signal"
    postgres.parar()
    sinal.touch()
    postgres.iniciar()
    try:
        yield
    finally:
        postgres.parar()
        sinal.unlink()
        postgres.iniciar()


def _esperar(aconteceu: Callable[[], bool]) -> None:
    fim = time.monotonic() + _ESPERA
    while time.monotonic() < fim:
        with suppress(psycopg.Error):
            if aconteceu():
                return
        time.sleep(0.05)
    raise AssertionError("não aconteceu a tempo")
