"""A segunda linha: no PostgreSQL, uma transação da API só alcança o que é da sua operadora."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from integration.banco_de_teste import Postgres
from integration.recepcao import abrir_mesa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dominio.lote import TipoGuia
from persistence import beneficiarios, operadoras, segunda_linha, tabelas
from persistence.banco import Banco
from persistence.beneficiarios import Beneficiario
from persistence.consultas import protocolos as consultas
from persistence.tabelas.base import metadados

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api import Api
    from integration.recepcao import Mesa

    from persistence.operadoras import Operadora

OUTRA = {"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"}
COM_OPERADORA = [t for t in metadados.sorted_tables if "operadora_id" in t.c]


@pytest.fixture(scope="module")
def servidor_comum(postgres: Postgres) -> Iterator[Postgres]:
    """O servidor visto por um usuário sem privilégios: um superusuário passa por toda política."""
    comum = f"tiss_comum_{uuid.uuid4().hex[:8]}"
    with postgres._administracao() as conexao:
        try:
            conexao.execute(f"CREATE ROLE {comum} LOGIN CREATEDB")
        except InsufficientPrivilege:
            pytest.skip("o usuário de TISS_TEST_DSN não cria outros")
        visto = Postgres(postgres._endereco.set(username=comum))
        yield visto
        visto.encerrar()
        conexao.execute(f"DROP ROLE {comum}")


@pytest.fixture
def banco_comum(servidor_comum: Postgres) -> Iterator[Banco]:
    """Uma base em dia desse usuário."""
    banco = Banco.abrir(servidor_comum.nova_base())
    yield banco
    banco.fechar()


@pytest.fixture
def mesa(banco_comum: Banco) -> Mesa:
    """A operadora de quem são os lotes."""
    aberta = abrir_mesa(banco_comum)
    aberta.enviar_lote("1", tipo=TipoGuia.SADT, guias=2)
    return aberta


@pytest.fixture
def outra(mesa: Mesa) -> Operadora:
    """Uma operadora que não tem nada."""
    with mesa.banco.escrita() as conn:
        return operadoras.adicionar(conn, **OUTRA)


def _quantas(banco: Banco, operadora_id: int | None) -> dict[str, int]:
    with banco.leitura() as conn:
        if operadora_id is not None:
            segunda_linha.restringir(conn, operadora_id)
        return {
            t.name: conn.execute(select(func.count()).select_from(t)).scalar_one()
            for t in COM_OPERADORA
        }


def test_toda_tabela_com_operadora_tem_a_politica(banco_comum: Banco) -> None:
    """Nenhuma tabela de operadoras fica sem a política, que vale também para o dono dela."""
    consulta = text(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relrowsecurity AND c.relforcerowsecurity"
    )
    with banco_comum.leitura() as conn:
        com_politica = set(conn.execute(consulta).scalars())
    assert com_politica == {t.name for t in COM_OPERADORA}


def test_quem_diz_a_operadora_so_ve_o_dela(mesa: Mesa, outra: Operadora) -> None:
    """Consultas sem condição nenhuma dão só o da operadora dita; sem dizer, dão tudo."""
    tudo = _quantas(mesa.banco, None)
    assert tudo["protocolo"] == tudo["lote"] == tudo["mensagem"] == 1
    assert _quantas(mesa.banco, mesa.operadora.id) == tudo
    assert set(_quantas(mesa.banco, outra.id).values()) == {0}


def test_a_operadora_dita_acaba_com_a_transacao(mesa: Mesa, outra: Operadora) -> None:
    """A conexão que volta ao conjunto não leva a operadora para a transação seguinte."""
    for _ in range(10):
        assert _quantas(mesa.banco, outra.id)["protocolo"] == 0
        assert _quantas(mesa.banco, None)["protocolo"] == 1


def test_nao_se_grava_no_que_e_de_outra(mesa: Mesa, outra: Operadora) -> None:
    """Uma escrita sem condição não muda nada de outra, e uma linha para outra é recusada."""
    with mesa.banco.escrita() as conn:
        segunda_linha.restringir(conn, outra.id)
        assert conn.execute(update(tabelas.protocolo).values(status=9)).rowcount == 0
    linha = {"operadora_id": mesa.operadora.id, "nome": "x", "valor": b"x"}
    with mesa.banco.escrita() as conn:
        segunda_linha.restringir(conn, outra.id)
        with pytest.raises(DBAPIError) as erro, conn.begin_nested():
            conn.execute(insert(tabelas.segredo).values(linha))
    assert isinstance(erro.value.orig, InsufficientPrivilege)


def test_condicao_errada_na_api_nao_da_nada_de_outra(
    api: Api, outra: Operadora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Um endereço que pedisse ao banco a operadora errada responderia como se nada houvesse."""
    dona, listar = api.mesa.operadora, consultas.listar

    def errada(conn: Any, _operadora_id: int, *resto: Any, **campos: Any) -> Any:
        return listar(conn, dona.id, *resto, **campos)

    monkeypatch.setattr(consultas, "listar", errada)
    do_dono = api.pedir("GET", "/protocolos", token=api.token())
    assert len(do_dono.dados["protocolos"]) == 1
    alheio = api.pedir("GET", "/protocolos", token=api.token(operadora=outra))
    assert alheio.dados["protocolos"] == []


def test_o_que_o_gateway_faz_continua_a_fazer_se(api: Api) -> None:
    """Recepção, situação, guias e beneficiários copiados, e a mudança pela API, com a política."""
    mesa = api.mesa
    numero = mesa.enviar_lote("2", tipo=TipoGuia.SADT, guias=100).protocolo
    assert mesa.perguntar(numero or "").situacao.status == 1
    with mesa.banco.escrita() as conn:
        novos = [Beneficiario(str(n), "Nome") for n in range(3)]
        assert beneficiarios.gravar(conn, mesa.operadora.id, iter(novos)).novos == 3
    assert api.mudar(numero, 2).dados["situacao"]["codigo"] == 2
    assert len(api.pegar(f"/protocolos/{numero}").dados["guias"]) == 100


def test_a_lista_ainda_se_serve_do_indice(mesa: Mesa) -> None:
    """A política é um filtro a mais: a condição da consulta continua a ser a do índice."""
    consulta = (
        select(tabelas.protocolo.c.id)
        .where(tabelas.protocolo.c.operadora_id == mesa.operadora.id)
        .order_by(tabelas.protocolo.c.alteracao, tabelas.protocolo.c.id)
        .limit(100)
    )
    with mesa.banco.leitura() as conn:
        segunda_linha.restringir(conn, mesa.operadora.id)
        conn.execute(text("SET LOCAL enable_seqscan = off"))
        sql = str(consulta.compile(conn, compile_kwargs={"literal_binds": True}))
        plano = "\n".join(conn.execute(text(f"EXPLAIN {sql}")).scalars())
    assert "ix_protocolo_operadora_id_alteracao_id" in plano
    assert "Index Cond: (operadora_id =" in plano
    assert "Sort" not in plano
