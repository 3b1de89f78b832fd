from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from persistence import operadoras, tabelas
from persistence.banco import Banco
from persistence.erros import BancoIndisponivel
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.banco_de_teste import Postgres


def _adicionar(banco: Banco, registro: str) -> None:
    with banco.escrita() as conn:
        operadoras.adicionar(conn, registro_ans=registro, cnpj="11222333000181", nome="X")


@pytest.fixture
def postgres_parado(postgres: Postgres) -> Postgres:
    """O servidor, quando os testes podem pará-lo."""
    if not postgres.controlavel:
        pytest.skip("o servidor de TISS_TEST_DSN não é dos testes para parar")
    return postgres


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "mysql://u:segredo@h/b", "postgresql://h/b", "nada"],
)
def test_recusa_url_que_nao_serve_sem_repetir_a_senha(url: str) -> None:
    """Uma URL de outro banco, em memória ou ilegível é recusada sem ser repetida."""
    with pytest.raises(ValueError, match=r"URL|arquivo") as erro:
        Banco.abrir(url)
    assert "segredo" not in str(erro.value)


def test_dialeto_diz_o_banco(banco: Banco) -> None:
    """O dialeto é o do banco aberto, que responde."""
    with banco.leitura() as conn:
        versao = "sqlite_version()" if banco.dialeto == "sqlite" else "version()"
        assert conn.execute(text(f"SELECT {versao}")).scalar_one()
    assert banco.vivo()


def test_escrita_avulsa_fica_sem_mais_nada(banco: Banco) -> None:
    """Um comando avulso está gravado quando acaba; o que falha nada deixa, e a conexão serve."""
    inserir = text("INSERT INTO chave (id, registrada_em) VALUES (:id, '2026-01-01 00:00:00')")
    with banco.escrita_avulsa() as conn:
        conn.execute(inserir, {"id": "a"})
    with pytest.raises(DBAPIError), banco.escrita_avulsa() as conn:
        conn.execute(inserir, {"id": "a"})
    with banco.consulta_avulsa() as conn:
        assert conn.execute(text("SELECT count(*) FROM chave WHERE id = 'a'")).scalar_one() == 1
    with pytest.raises(DBAPIError), banco.leitura() as conn:
        # a conexão que serviu a um avulso volta a ser só de leitura numa leitura
        conn.execute(inserir, {"id": "b"})


def test_comandos_prontos_sobrevivem_ao_que_se_desfaz(banco: Banco) -> None:
    """Depois de desfeitos uma transação e um ponto dela, a mesma conexão executa o que preparou."""
    contar = text("SELECT count(*) FROM operadora")
    pronto = Pronto(select(func.count()).select_from(tabelas.operadora))

    def desfazer() -> None:
        with banco.escrita() as conn:
            assert pronto.primeira(conn) == (0,)
            # as vezes a partir das quais o psycopg prepara um comando por conta própria
            for _ in range(10):
                assert conn.execute(contar).scalar_one() == 0
            with pytest.raises(DBAPIError), conn.begin_nested():
                conn.execute(text("SELECT nada FROM operadora"))
            assert pronto.primeira(conn) == (0,)
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            desfazer()
    with banco.escrita() as conn:
        assert pronto.primeira(conn) == (0,)


def test_opcoes_de_uma_conexao_nao_passam_a_seguinte(banco: Banco) -> None:
    """O que se muda numa ``Connection`` acaba com a transação."""
    with banco.escrita() as conn:
        conn.execution_options(tiss_cifra="outra")
    for _ in range(3):
        with banco.escrita() as conn:
            assert conn.get_execution_options()["tiss_cifra"] is banco.cifra


def test_escrita_desfeita_nao_deixa_nada(banco: Banco) -> None:
    """Uma exceção no meio da escrita desfaz tudo o que a transação fez."""

    def falhar() -> None:
        with banco.escrita() as conn:
            operadoras.adicionar(conn, registro_ans="999999", cnpj="11222333000181", nome="X")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        falhar()
    with banco.leitura() as conn:
        assert operadoras.listar(conn) == ()


@pytest.mark.usefixtures("cadastro")
def test_leitura_nao_escreve(banco: Banco) -> None:
    """Numa transação de leitura o banco recusa escrever, e a escrita seguinte volta a poder."""
    apagar = text("DELETE FROM prestador")
    with pytest.raises(DBAPIError), banco.leitura() as conn:
        conn.execute(apagar)
    with banco.escrita() as conn:
        assert conn.execute(apagar).rowcount == 1


def test_leitura_e_uma_fotografia(banco: Banco) -> None:
    """O que outra transação grava durante uma leitura não aparece nela."""
    _adicionar(banco, "111111")
    with banco.leitura() as conn:
        antes = len(operadoras.listar(conn))
        _adicionar(banco, "222222")
        assert len(operadoras.listar(conn)) == antes
    with banco.leitura() as conn:
        assert len(operadoras.listar(conn)) == antes + 1


def test_sqlite_grava_em_disco_a_cada_commit(tmp_path: Path) -> None:
    """O SQLite fica com WAL, synchronous=FULL e chaves estrangeiras ligadas."""
    banco = Banco.abrir(f"sqlite:///{tmp_path / 'x.db'}")
    with banco.leitura() as conn:
        pragmas = [
            conn.execute(text(f"PRAGMA {nome}")).scalar_one()
            for nome in ("journal_mode", "synchronous", "foreign_keys")
        ]
    banco.fechar()
    assert pragmas == ["wal", 2, 1]


def test_sqlite_trancado_por_outro_processo_e_indisponivel(tmp_path: Path) -> None:
    """Passado o limite de espera pela tranca de outro, a escrita diz que o banco não atendeu."""
    arquivo = tmp_path / "x.db"
    banco = Banco.abrir(f"sqlite:///{arquivo}", limite_segundos=0.2)
    assert banco.vivo()
    outro = sqlite3.connect(arquivo, isolation_level=None)
    outro.execute("BEGIN IMMEDIATE")
    with pytest.raises(BancoIndisponivel) as erro, banco.escrita():
        pass
    outro.close()
    banco.fechar()
    assert isinstance(erro.value.__cause__, DBAPIError)


def test_sqlite_trancado_por_outra_thread_e_indisponivel(tmp_path: Path) -> None:
    """Passado o limite de espera pela escrita de outra thread, o banco não atendeu."""
    banco = Banco.abrir(f"sqlite:///{tmp_path / 'x.db'}", limite_segundos=0.2)
    erros: list[BaseException] = []

    def tentar() -> None:
        try:
            with banco.escrita():
                pass
        except BancoIndisponivel as erro:
            erros.append(erro)

    with banco.escrita():
        thread = threading.Thread(target=tentar)
        thread.start()
        thread.join()
    banco.fechar()
    assert len(erros) == 1


def test_sqlite_cheio_e_indisponivel(tmp_path: Path) -> None:
    """Disco cheio é banco que não atendeu, e não um erro do comando."""
    banco = Banco.abrir(f"sqlite:///{tmp_path / 'x.db'}", conexoes=1)
    with banco.escrita() as conn:
        conn.execute(text("CREATE TABLE t(x)"))
        conn.execute(text("PRAGMA max_page_count = 4"))
    with pytest.raises(BancoIndisponivel), banco.escrita() as conn:
        conn.execute(text("INSERT INTO t VALUES (zeroblob(1000000))"))
    banco.fechar()


def test_sqlite_sem_pasta_e_indisponivel(tmp_path: Path) -> None:
    """Um arquivo que não se pode abrir é um banco que não atende."""
    banco = Banco.abrir(f"sqlite:///{tmp_path / 'sem' / 'pasta.db'}")
    assert not banco.vivo()
    with pytest.raises(BancoIndisponivel), banco.escrita():
        pass


def test_sqlite_que_nao_e_sqlite_e_indisponivel(tmp_path: Path) -> None:
    """Um arquivo que não é um banco é um banco que não atende."""
    arquivo = tmp_path / "x.db"
    arquivo.write_bytes(b"isto nao e um banco de dados" * 100)
    banco = Banco.abrir(f"sqlite:///{arquivo}")
    assert not banco.vivo()
    banco.fechar()


def test_comando_errado_nao_e_indisponibilidade(banco: Banco) -> None:
    """Um erro do programa não se disfarça de banco fora do ar."""
    with pytest.raises(DBAPIError), banco.leitura() as conn:
        conn.execute(text("SELECT * FROM tabela_que_nao_ha"))


def test_sem_conexao_livre_e_indisponivel(nova_url: Callable[[bool], str]) -> None:
    """Com todas as conexões em uso além do limite, o banco não atendeu."""
    banco = Banco.abrir(nova_url(True), conexoes=1, limite_segundos=0.2)
    with banco.leitura(), pytest.raises(BancoIndisponivel), banco.leitura():
        pass
    banco.fechar()


def test_postgres_comando_demorado_e_cortado(postgres: Postgres) -> None:
    """Um comando além do limite é cortado pelo servidor."""
    banco = Banco.abrir(postgres.nova_base(), limite_segundos=0.2)
    inicio = time.monotonic()
    with pytest.raises(BancoIndisponivel), banco.leitura() as conn:
        conn.execute(text("SELECT pg_sleep(10)"))
    banco.fechar()
    assert time.monotonic() - inicio < 5


def test_postgres_de_volta_atende_sem_erro(postgres_parado: Postgres) -> None:
    """Depois que o servidor reinicia, a primeira transação já encontra conexão nova."""
    banco = Banco.abrir(postgres_parado.nova_base())
    _adicionar(banco, "111111")
    postgres_parado.parar()
    postgres_parado.iniciar()
    _adicionar(banco, "222222")
    with banco.leitura() as conn:
        registros = [o.registro_ans for o in operadoras.listar(conn)]
    banco.fechar()
    assert registros == ["111111", "222222"]


def test_postgres_parado_e_indisponivel_e_depois_volta(postgres_parado: Postgres) -> None:
    """Sem servidor a transação diz que o banco não atendeu; com ele de volta, atende."""
    banco = Banco.abrir(postgres_parado.nova_base())
    assert banco.vivo()
    postgres_parado.parar()
    try:
        assert not banco.vivo()
        with pytest.raises(BancoIndisponivel), banco.escrita():
            pass
    finally:
        postgres_parado.iniciar()
    assert banco.vivo()
    banco.fechar()


def test_postgres_cortado_no_meio_e_indisponivel(postgres: Postgres) -> None:
    """Uma conexão cortada no meio da transação a desfaz, e a seguinte atende."""
    banco = Banco.abrir(postgres.nova_base())

    def ser_cortado() -> None:
        with banco.escrita() as conn:
            operadoras.adicionar(conn, registro_ans="999999", cnpj="11222333000181", nome="X")
            proprio = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with banco.escrita() as outra:
                outra.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": proprio})
            operadoras.listar(conn)

    with pytest.raises(BancoIndisponivel):
        ser_cortado()
    with banco.leitura() as conn:
        assert operadoras.listar(conn) == ()
    banco.fechar()


def _escrever_no_filho(banco: Banco) -> None:
    with banco.escrita() as conn:
        if "do pai" in conn.connection.info:
            raise SystemExit(3)
        operadoras.adicionar(conn, registro_ans="222222", cnpj="11222333000181", nome="X")


def test_processo_filho_tem_as_suas_conexoes(banco: Banco) -> None:
    """Depois de um fork o filho escreve por conexões suas e o pai continua com as dele."""
    with banco.escrita() as conn:
        conn.connection.info["do pai"] = True
    filho = multiprocessing.get_context("fork").Process(target=_escrever_no_filho, args=(banco,))
    filho.start()
    filho.join(30)
    with banco.escrita() as conn:
        assert "do pai" in conn.connection.info
        registros = [o.registro_ans for o in operadoras.listar(conn)]
    assert filho.exitcode == 0
    assert registros == ["222222"]
