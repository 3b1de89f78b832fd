"""O banco partido por mês: o que chega cai no seu mês, e tudo o mais é como sem partes."""

from __future__ import annotations

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.arquivados import abrir, mensagem
from integration.cancelamento import cancelar, de_lote
from integration.comandos import Terminal
from integration.particoes import ESTE, onde, partir, recorrente, situacao, valor
from integration.recepcao import SERVICOS_FEITOS, abrir_mesa, lote, pronta
from integration.recurso import item
from pydantic import ValidationError
from sqlalchemy import text

from dominio import meses
from dominio.competencia import agora, dia
from gateway import metricas
from gateway.arquivo.conferencia import conferir
from gateway.arquivo.meses import cuidar
from gateway.arquivo.selagem import selar
from gateway.secoes.arquivo import Arquivo
from gateway.secoes.banco import BancoDeDados
from gateway.trabalhos import medidas
from handlers.credenciais import Credenciais
from handlers.decisao_de_recurso import Decisao
from handlers.recepcao import Recepcao
from persistence import integridade, mensagens, particoes
from persistence.banco import Banco
from persistence.particoes import conversao

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.banco_de_teste import Postgres
    from integration.recepcao import Mesa

SEGUINTE = meses.somar(ESTE, 1)


@pytest.fixture
def inteiro(postgres: Postgres, tmp_path: Path) -> Iterator[Banco]:
    """Um PostgreSQL em dia, cifrado e por partir."""
    url = postgres.nova_base()
    aberto = abrir(url, tmp_path)
    yield aberto
    aberto.fechar()
    postgres.devolver(url)


@pytest.fixture(scope="module")
def url_da_partida(postgres: Postgres) -> Iterator[str]:
    """A base partida do módulo."""
    url = postgres.nova_base()
    yield url
    postgres.devolver(url)


@pytest.fixture(scope="module")
def partida(url_da_partida: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesa]:
    """Uma mesa sobre um banco que se partiu há dois meses."""
    banco = abrir(url_da_partida, tmp_path_factory.mktemp("partida"))
    partir(banco)
    yield abrir_mesa(banco)
    banco.fechar()


def _de_cada_mes(banco: Banco, *identificacoes: str) -> None:
    for numero, identificacao in enumerate(identificacoes):
        with banco.escrita() as conn:
            mensagens.arquivar(conn, mensagem(numero, id=identificacao))


def _achados(banco: Banco) -> set[tuple[str, str]]:
    with banco.leitura() as conn:
        return {(a.tipo, a.onde) for a in integridade.do_banco(conn)}


def test_mensagem_cai_no_mes_em_que_chega(inteiro: Banco) -> None:
    """Cada uma na sua parte: a sem mês na primeira, a de um relógio adiantado na última."""
    partir(inteiro)
    futuro = meses.somar(ESTE, 40)
    dos_meses = [meses.identificar(meses.inicio(mes)) for mes in (ESTE, SEGUINTE, futuro)]
    _de_cada_mes(inteiro, "f" * 32, *dos_meses)
    assert onde(inteiro, "mensagem") == {"antes": 1, str(ESTE): 1, str(SEGUINTE): 1, "resto": 1}
    with inteiro.leitura() as conn:
        lidas = [mensagens.ler(conn, None, i) for i in ("f" * 32, *dos_meses)]
    assert all(lida is not None and lida.pedido for lida in lidas)
    assert _achados(inteiro) == {("fora-de-particao", "mensagem")}


def test_caminho_inteiro_num_banco_partido(partida: Mesa) -> None:
    """Receber, repetir, perguntar, cancelar, analisar, pagar e recorrer: como sem partes."""
    dados = pronta(lote(numero="L1", guias=3))
    recibo = partida.enviar(dados).recibo
    assert partida.enviar(dados).recibo.protocolo == recibo.protocolo
    assert partida.enviar(pronta(lote(numero="L1", semente=2))).codigo is not None
    assert int(partida.perguntar(str(recibo.protocolo)).situacao.status) == 1
    partida.enviar_lote("L2")
    assert cancelar(partida, de_lote("L2")) == [1]
    quem = recorrente(partida)
    analisado = quem.analisado({(1, 1): ("30.00",)}, guias=2)
    quem.cobranca.liberar(analisado)
    quem.cobranca.pago(analisado, data=dia(agora()))
    recurso = quem.aceito(analisado, item(quem.guia_de(analisado), 1, "30.00"))
    quem.decidir(recurso, Decisao(1, Decimal("20.00"), "Acatado em parte"))
    assert quem.perguntar(recurso).erro is None
    selar(partida.banco, agora())
    for tabela in ("mensagem", "guia", "item", "resultado_guia", "resultado_item"):
        assert set(onde(partida.banco, tabela)) == {str(ESTE)}
    assert _achados(partida.banco) == set()
    assert conferir(partida.banco).achados == ()


def test_chave_do_lote_leva_o_mes_e_cresce(partida: Mesa) -> None:
    """O lote recebido depois tem chave maior, e as duas são do mês do relógio do banco."""
    chaves = []
    for numero in ("C1", "C2"):
        partida.enviar_lote(numero)
        chaves.append(valor(partida.banco, "SELECT id FROM lote WHERE numero = :n", n=numero))
    assert meses.lote_desde(ESTE) < chaves[0] < chaves[1] < meses.lote_desde(SEGUINTE) < 2**53


def test_banco_com_linhas_parte_se_sem_perder_nada(inteiro: Banco) -> None:
    """O que havia fica na primeira parte, ligado ao mesmo; o que chega depois vai adiante."""
    mesa = abrir_mesa(inteiro)
    dados = pronta(lote(numero="V1", guias=2))
    protocolo = mesa.enviar(dados).recibo.protocolo
    velho = mesa.enviar(pronta(lote(numero="V2"))).id
    quem = recorrente(mesa)
    analisado = quem.analisado()
    quem.cobranca.liberar(analisado)
    quem.cobranca.pago(analisado)
    selar(inteiro, agora())
    with inteiro.escrita() as conn:
        conn.exec_driver_sql("GRANT SELECT ON mensagem TO PUBLIC")
    assert particoes.partir(inteiro, agora())
    assert {*onde(inteiro, "mensagem"), *onde(inteiro, "guia")} == {"antes"}
    assert mesa.arquivada(velho).pedido is not None
    assert mesa.enviar(dados).recibo.protocolo == protocolo
    assert int(mesa.perguntar(str(protocolo)).situacao.status) == 1
    mesa.enviar_lote("V3")
    assert cancelar(mesa, de_lote("V3")) == [1]
    assert _achados(inteiro) == set()
    assert conferir(inteiro).achados == ()
    por_conferir = (
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
        " AND NOT convalidated"
    )
    assert valor(inteiro, por_conferir) == 0
    assert valor(inteiro, "SELECT has_table_privilege('public', 'mensagem', 'SELECT')")
    sem_politica = (
        "SELECT count(*) FROM pg_class c WHERE relname LIKE 'mensagem%' AND relkind IN ('r', 'p')"
        " AND NOT (relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))"
    )
    assert valor(inteiro, sem_politica) == 0


def test_parte_se_com_mensagens_a_chegar(inteiro: Banco) -> None:
    """Enquanto o banco se parte, quem envia espera, e tudo o que se enviou é aceito."""
    mesa = abrir_mesa(inteiro)
    partido = threading.Event()

    def enviar(quem: int) -> list[bool]:
        aceitos = []
        while not partido.is_set() or len(aceitos) < 3:
            resposta = mesa.enviar(pronta(lote(numero=f"{quem}-{len(aceitos)}", guias=2)))
            aceitos.append(resposta.resultado.erro is None and bool(resposta.recibo.protocolo))
        return aceitos

    with ThreadPoolExecutor(3) as threads:
        enviados = [threads.submit(enviar, quem) for quem in range(3)]
        try:
            assert particoes.partir(inteiro, agora())
        finally:
            partido.set()
        aceitos = [aceito for feito in enviados for aceito in feito.result(60)]
    assert all(aceitos)
    assert valor(inteiro, "SELECT count(*) FROM lote") == len(aceitos)
    assert _achados(inteiro) == set()


def test_indices_e_restricoes_sao_os_de_antes(inteiro: Banco) -> None:
    """A tabela partida e cada parte têm os índices, as condições e as colunas da que era."""
    consulta = text(
        "SELECT regexp_replace(pg_get_indexdef(indexrelid), '.* USING ', '') FROM pg_index"
        " WHERE indrelid = CAST(:t AS regclass)"
        " UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = CAST(:t AS regclass) AND contype = 'c'"
        " UNION ALL SELECT concat(attname, attnum, atttypid, attnotnull, attstorage)"
        " FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0 ORDER BY 1"
    )

    def forma(tabela: str) -> list[str]:
        with inteiro.leitura() as conn:
            return list(conn.execute(consulta, {"t": tabela}).scalars())

    antes = {tabela: forma(tabela) for tabela in ("mensagem", "guia", "item", "resultado_item")}
    particoes.partir(inteiro, agora())
    for tabela, era in antes.items():
        for parte in (tabela, *(f"{tabela}_{s}" for s in ("antes", "resto", SEGUINTE))):
            assert forma(parte) == era, parte


def test_partida_que_falha_deixa_o_banco_como_estava(
    inteiro: Banco, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Se a troca falha, não fica nada partido nem condição que um dia não deixe gravar."""

    def falhar(*_: Any) -> bool:
        raise ZeroDivisionError

    with monkeypatch.context() as trocado:
        trocado.setattr(conversao, "_trocar", falhar)
        with pytest.raises(ZeroDivisionError):
            particoes.partir(inteiro, agora())
    sobras = "SELECT count(*) FROM pg_constraint WHERE conname LIKE '%por_partir'"
    assert valor(inteiro, sobras) == 0
    assert not situacao(inteiro).partido
    assert particoes.partir(inteiro, agora())


def test_condicao_de_quem_morreu_sai_antes_do_seu_mes(inteiro: Banco) -> None:
    """Um ``db upgrade`` morto a meio não impede de gravar no mês da fronteira."""
    conversao._conferir_antes(inteiro, SEGUINTE)
    sobras = "SELECT count(*) FROM pg_constraint WHERE conname LIKE '%por_partir'"
    cuidar(inteiro, meses.inicio(SEGUINTE) - timedelta(days=8), Arquivo())
    assert valor(inteiro, sobras) == 5
    cuidar(inteiro, meses.inicio(SEGUINTE) - timedelta(days=1), Arquivo())
    assert valor(inteiro, sobras) == 0
    _de_cada_mes(inteiro, meses.identificar(meses.inicio(SEGUINTE)))


def test_linha_de_um_mes_por_vir_nao_deixa_partir(inteiro: Banco) -> None:
    """Uma mensagem de um relógio adiantado não cabe na primeira parte: diz-se, e nada muda."""
    _de_cada_mes(inteiro, meses.identificar(meses.inicio(meses.somar(ESTE, 9))))
    with pytest.raises(particoes.NaoPartivel, match="mensagem tem linhas"):
        particoes.partir(inteiro, agora())
    assert not situacao(inteiro).partido
    _de_cada_mes(inteiro, meses.identificar(meses.inicio(meses.somar(ESTE, 10))))


def test_upgrade_duas_vezes(
    inteiro: Banco,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """``db upgrade`` com o ajuste parte o banco; outra vez, diz que já está; sem ele, nada diz."""
    with inteiro.leitura() as conn:
        url = conn.engine.url.render_as_string(hide_password=False)
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(url)
    assert "partido" not in terminal("db", "upgrade").texto
    monkeypatch.setenv("TISS_GATEWAY_DATABASE__PARTICOES", "mensais")
    ditos = [terminal("db", "upgrade").texto.splitlines()[-1] for _ in range(2)]
    assert ditos == [
        "banco partido por mês; meses prontos além deste: 3",
        "banco já partido por mês; meses prontos além deste: 3",
    ]
    monkeypatch.delenv("TISS_GATEWAY_DATABASE__PARTICOES")
    assert terminal("db", "upgrade").codigo == 0
    assert terminal("db", "check").codigo == 0


def test_sqlite_nao_se_parte() -> None:
    """O ajuste com um SQLite é um erro da configuração, com o motivo."""
    with pytest.raises(ValidationError, match="particoes só vale com um PostgreSQL"):
        BancoDeDados(url="sqlite:///x.db", particoes="mensais")


def test_falta_do_mes_que_vem_ve_se(inteiro: Banco, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sem a parte do mês que vem, ``db check`` e as métricas o dizem; feita, calam-se."""
    medidas.atualizar(inteiro)
    assert metricas.PARTICOES_PRONTAS._value.get() == -1
    partir(inteiro)
    parado = meses.inicio(meses.somar(ESTE, 3))
    for modulo in ("persistence.integridade.particoes", "gateway.trabalhos.medidas"):
        monkeypatch.setattr(f"{modulo}.agora", lambda: parado)
    medidas.atualizar(inteiro)
    assert metricas.PARTICOES_PRONTAS._value.get() == 0
    assert _achados(inteiro) == {("sem-particao", "mês que vem")}
    feitos = tuple(meses.somar(ESTE, n) for n in (4, 5, 6))
    assert particoes.fazer_meses(inteiro, parado) == feitos
    assert particoes.fazer_meses(inteiro, parado) == ()
    assert _achados(inteiro) == set()


def test_mes_com_linhas_no_resto_nao_se_faz(inteiro: Banco) -> None:
    """O que caiu no resto fica lá, e o mês dele também: nada se perde nem se move."""
    partir(inteiro)
    longe = meses.somar(ESTE, 6)
    _de_cada_mes(inteiro, meses.identificar(meses.inicio(longe)))
    feitos = particoes.fazer_meses(inteiro, meses.inicio(longe))
    # o grupo das guias tem-no; o das mensagens, não
    assert longe in feitos
    assert onde(inteiro, "mensagem") == {"resto": 1}
    assert situacao(inteiro, meses.inicio(longe)).fora == ("mensagem",)


def _plano(mesa: Mesa, comando: str) -> str:
    chaves = {"mensagem": meses.mensagem_desde(ESTE), "lote": meses.lote_desde(ESTE)}
    explicar = text(f"EXPLAIN {comando}")
    with mesa.banco.leitura() as conn:
        # as partes dos testes são pequenas: só assim se vê se há índice que sirva
        conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        dele = {nome: chaves[nome] for nome in explicar._bindparams}
        return "\n".join(conn.execute(explicar, dele).scalars())


@pytest.mark.parametrize(
    "comando",
    [
        "SELECT * FROM mensagem WHERE id = :mensagem",
        "SELECT * FROM guia WHERE lote_id = :lote ORDER BY posicao",
        "SELECT * FROM item WHERE lote_id = :lote",
        "UPDATE guia SET status = 2 WHERE lote_id = :lote",
    ],
)
def test_pela_chave_so_se_le_um_mes(partida: Mesa, comando: str) -> None:
    """Pela identificação da mensagem ou pela chave do lote só se olha a parte desse mês."""
    plano = _plano(partida, comando)
    assert "Seq Scan" not in plano
    assert f"_{ESTE}" in plano
    assert not [s for s in ("_antes", "_resto", f"_{SEGUINTE}") if s in plano]


@pytest.mark.parametrize(
    "comando",
    [
        "SELECT lote_id FROM guia WHERE numero_prestador = 'G1' AND executante_id = 1",
        "SELECT lote_id FROM guia WHERE numero_operadora = 'O1'",
        "SELECT id FROM mensagem WHERE operadora_id = 1 ORDER BY recebida_em DESC LIMIT 50",
        "SELECT id FROM mensagem WHERE expurgada_em IS NULL ORDER BY recebida_em LIMIT 50",
    ],
)
def test_por_outra_coluna_vai_se_pelo_indice_de_cada_mes(partida: Mesa, comando: str) -> None:
    """O que não leva o mês procura-se em todos, e em cada um pelo seu índice."""
    plano = _plano(partida, comando)
    assert "Seq Scan" not in plano
    assert f"_{ESTE}" in plano


def test_copia_de_um_banco_partido_restaura_se(
    partida: Mesa, url_da_partida: str, postgres: Any, tmp_path: Path
) -> None:
    """``pg_dump`` e ``pg_restore`` dão um banco partido, inteiro, que continua a receber."""
    if not postgres.controlavel:
        pytest.skip("do servidor de TISS_TEST_DSN não se sabem as ferramentas nem os papéis")
    recibo = partida.enviar_lote("D1", guias=2)
    nova = postgres.nova_base(migrada=False)
    copia = tmp_path / "copia.dump"
    for programa, *argumentos in (
        ("pg_dump", "--enable-row-security", "--format=custom", f"--file={copia}", url_da_partida),
        ("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={nova}", str(copia)),
    ):
        subprocess.run(
            [postgres._programas / programa, *(a.replace("+psycopg", "") for a in argumentos)],
            check=True,
            capture_output=True,
            timeout=60,
        )
    with partida.banco.leitura() as conn:
        cifra = conn.get_execution_options()["tiss_cifra"]
    restaurado = Banco.abrir(nova, cifra=cifra)
    try:
        recepcao = Recepcao(restaurado, SERVICOS_FEITOS, Credenciais(restaurado))
        mesa = replace(partida, banco=restaurado, recepcao=recepcao)
        assert int(mesa.perguntar(str(recibo.protocolo)).situacao.status) == 1
        mesa.enviar_lote("D2")
        assert onde(restaurado, "guia") == onde(partida.banco, "guia") | {
            str(ESTE): onde(partida.banco, "guia")[str(ESTE)] + 1
        }
        assert _achados(restaurado) == set()
    finally:
        restaurado.fechar()
        postgres.devolver(nova)
