from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect

from persistence import esquema
from persistence.banco import Banco
from persistence.tabelas import metadados

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config


def _migrar(url: str) -> None:
    banco = Banco.abrir(url, limite_segundos=30)
    esquema.atualizar(banco)
    banco.fechar()


def test_banco_vazio_fica_em_dia_depois_de_atualizado(nova_url: Callable[[bool], str]) -> None:
    """Um banco vazio não está em dia; atualizado, está, e atualizar de novo não muda nada."""
    banco = Banco.abrir(nova_url(False))
    antes = esquema.estado(banco)
    esquema.atualizar(banco)
    esquema.atualizar(banco)
    depois = esquema.estado(banco)
    banco.fechar()
    assert (antes.atual, antes.em_dia) == (None, False)
    assert (depois.atual, depois.em_dia) == (depois.esperado, True)


def test_migracoes_dao_as_tabelas_do_programa(banco: Banco) -> None:
    """O esquema migrado não difere das tabelas que o programa declara."""
    with banco.leitura() as conn:
        contexto = MigrationContext.configure(conn, opts={"compare_server_default": True})
        assert compare_metadata(contexto, metadados) == []


def test_restricoes_tem_nome_e_as_de_outra_tabela_esperam_o_commit(banco: Banco) -> None:
    """Cada chave estrangeira e condição do banco tem o nome e o adiamento declarados."""
    with banco.leitura() as conn:
        inspetor = inspect(conn)
        for tabela in metadados.tables.values():
            estrangeiras = inspetor.get_foreign_keys(tabela.name)
            assert {fk["name"] for fk in estrangeiras} == {
                fk.name for fk in tabela.foreign_key_constraints
            }
            assert all(
                fk["options"] == {"deferrable": True, "initially": "DEFERRED"}
                for fk in estrangeiras
            )
            condicoes = {c["name"] for c in inspetor.get_check_constraints(tabela.name)}
            assert condicoes == {
                c.name
                for c in tabela.constraints
                if isinstance(c, CheckConstraint)
                # uma condição pode ser de um só dos bancos
                and (c._ddl_if is None or c._ddl_if.dialect == banco.dialeto)
            }


def test_processos_que_migram_juntos_acabam_todos_bem(nova_url: Callable[[bool], str]) -> None:
    """Vários processos migrando o mesmo banco vazio ao mesmo tempo: todos acabam sem erro."""
    url = nova_url(False)
    contexto = multiprocessing.get_context("spawn")
    processos = [contexto.Process(target=_migrar, args=(url,)) for _ in range(3)]
    for processo in processos:
        processo.start()
    for processo in processos:
        processo.join(60)
    banco = Banco.abrir(url)
    estado = esquema.estado(banco)
    banco.fechar()
    assert [processo.exitcode for processo in processos] == [0, 0, 0]
    assert estado.em_dia


def test_migracao_que_falha_nao_deixa_metade(
    nova_url: Callable[[bool], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se a migração falha no meio, o banco fica como estava."""
    banco = Banco.abrir(nova_url(False))

    def falhar_no_fim(configuracao: Config, revisao: str) -> None:
        original(configuracao, revisao)
        raise ZeroDivisionError

    original = command.upgrade
    monkeypatch.setattr(command, "upgrade", falhar_no_fim)
    with pytest.raises(ZeroDivisionError):
        esquema.atualizar(banco)
    with banco.leitura() as conn:
        tabelas = inspect(conn).get_table_names()
    banco.fechar()
    assert tabelas == []
