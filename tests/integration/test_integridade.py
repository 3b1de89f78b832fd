"""``db check``: cada estrago feito à mão se acha, e num banco são nada se acha."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cancelamento import cancelar, de_guias, de_lote
from integration.comandos import Terminal
from integration.conftest import DIALETOS
from integration.documento import mandar, mesa_com_deposito
from integration.recurso import Recorrente, item
from sqlalchemy import text

from dominio.competencia import agora, dia
from handlers.decisao_de_recurso import Decisao
from handlers.pagamento import Alvo
from persistence import integridade, selos
from persistence.arquivos import Pasta, chave
from persistence.banco import Banco
from persistence.integridade import documentos
from persistence.integridade.verificacao import aplicar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.banco_de_teste import Postgres
    from sqlalchemy import Connection

_ALVOS = {
    "recebido": "SELECT max(lote_id) FROM protocolo WHERE status = 1 AND tipo = 'lote'",
    "cancelado": "SELECT max(lote_id) FROM protocolo WHERE status = 9",
    "analisado": "SELECT max(id) FROM protocolo WHERE analise_visivel AND tipo = 'lote'",
    "do_analisado": "SELECT max(lote_id) FROM protocolo WHERE analise_visivel AND tipo = 'lote'",
    "passagem": "SELECT max(id) FROM historico WHERE de = 2 AND para = 5",
    "confirmado": "SELECT max(id) FROM pagamento WHERE estado = 'confirmado'",
    "desfeito": "SELECT max(id) FROM pagamento WHERE estado = 'cancelado'",
}
_ESTRAGOS = [
    ("orfao", "DELETE FROM mensagem WHERE id = (SELECT max(mensagem_id) FROM protocolo)"),
    ("orfao", "DELETE FROM guia WHERE lote_id = :recebido"),
    (
        "lote-sem-protocolo",
        "UPDATE protocolo SET lote_id = NULL, tipo = 'recurso' WHERE lote_id = :recebido",
    ),
    ("protocolo-sem-lote", "UPDATE protocolo SET lote_id = NULL WHERE lote_id = :recebido"),
    ("guia-sem-itens", "DELETE FROM item WHERE lote_id = :recebido"),
    ("dono-trocado", "UPDATE lote SET prestador_id = 99 WHERE id = :recebido"),
    ("dono-trocado", "UPDATE mensagem SET operadora_id = 99 WHERE operadora_id IS NOT NULL"),
    ("dono-trocado", "UPDATE documento SET operadora_id = 99"),
    ("dono-trocado", "UPDATE recurso SET prestador_id = 99"),
    ("dono-trocado", "UPDATE analise SET operadora_id = 99"),
    ("quantidade-de-guias", "UPDATE lote SET quantidade_guias = 7 WHERE id = :recebido"),
    (
        "soma-informada",
        "UPDATE guia SET informado = informado + 1 WHERE lote_id = :recebido",
    ),
    ("soma-do-protocolo", "UPDATE protocolo SET liberado = liberado - 1 WHERE id = :analisado"),
    ("soma-do-protocolo", "DELETE FROM glosa WHERE guia_posicao IS NULL"),
    ("soma-da-guia", "UPDATE guia SET glosa = glosa + 1 WHERE lote_id = :do_analisado"),
    (
        "soma-da-guia",
        "DELETE FROM glosa WHERE guia_posicao IS NOT NULL AND item_posicao IS NULL",
    ),
    ("soma-do-item", "UPDATE item SET liberado = liberado + 1 WHERE lote_id = :do_analisado"),
    (
        "soma-do-recurso",
        "UPDATE protocolo SET processado = 0 WHERE tipo = 'recurso' AND analise_visivel",
    ),
    ("soma-da-linha", "UPDATE recurso_parcela SET recursado = recursado + 1"),
    ("protocolo-sem-historico", "DELETE FROM historico WHERE protocolo_id = :analisado"),
    ("situacao-sem-historico", "UPDATE protocolo SET status = 10 WHERE id = :analisado"),
    (
        "historico-quebrado",
        "UPDATE historico SET de = 8 WHERE id = :passagem",
    ),
    (
        "historico-quebrado",
        "UPDATE historico SET de = NULL WHERE id = :passagem",
    ),
    (
        "passagem-proibida",
        "UPDATE historico SET de = 9 WHERE id = :passagem",
    ),
    ("numero-do-lote", "UPDATE lote SET vivo = NOT vivo WHERE id = :recebido"),
    (
        "guia-por-cancelar",
        "UPDATE guia SET status = 1 WHERE lote_id = :cancelado",
    ),
    (
        "parte-de-pagamento-desfeito",
        "UPDATE pagamento_parte SET viva = TRUE WHERE pagamento_id = :desfeito",
    ),
    ("pagamento-sem-data", "UPDATE pagamento SET data = NULL WHERE id = :confirmado"),
    ("guia-por-pagar", "UPDATE guia SET status = 3 WHERE status = 6"),
    ("parte-de-outro-dono", "UPDATE pagamento SET operadora_id = 99 WHERE id = :confirmado"),
    ("informado-da-parte", "UPDATE pagamento_parte SET informado = informado + 1 WHERE viva"),
    (
        "pago-acima-do-liberado",
        "UPDATE pagamento_parte SET liberado = liberado + 9999999 WHERE viva",
    ),
    (
        "liquido-negativo",
        "UPDATE lancamento SET valor = 99999999, indicador = '1' WHERE pagamento_id IS NOT NULL",
    ),
    ("mensagem-sem-folha", "DELETE FROM folha WHERE id = (SELECT max(id) FROM folha)"),
    ("folha-sem-mensagem", "DELETE FROM mensagem WHERE id = (SELECT max(id) FROM mensagem)"),
    (
        "execucao-sem-resposta",
        "UPDATE mensagem SET resposta = NULL WHERE id = (SELECT max(mensagem_id) FROM execucao)",
    ),
    ("selo-incompleto", "UPDATE selo SET quantidade = quantidade + 1 WHERE sequencia = 2"),
    ("cadeia-quebrada", "UPDATE selo SET anterior = 'x' WHERE sequencia = 2"),
    ("cadeia-quebrada", "UPDATE selo SET sequencia = 9 WHERE sequencia = 2"),
]


class _Desfazer(Exception):
    """Faz uma transação terminar desfeita."""


@dataclass
class Cheio:
    """Um banco com um pouco de tudo.

    Attributes:
        banco: aberto.
        url: dele.
        pasta: do depósito de documentos.
    """

    banco: Banco
    url: str
    pasta: Path

    @contextmanager
    def estragado(self) -> Iterator[Connection]:
        """Uma transação em que tudo se pode estragar, desfeita ao fim."""
        with suppress(_Desfazer), self.banco.escrita() as conn:
            if self.banco.dialeto == "postgresql":
                # sem gatilhos nem chaves estrangeiras
                conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield conn
            raise _Desfazer


@pytest.fixture(scope="module", params=DIALETOS)
def cheio(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_migrado: Path
) -> Iterator[Cheio]:
    """Um banco são: lotes em todas as situações, análises, pagamentos, recursos, documentos."""
    pasta = tmp_path_factory.mktemp("integridade")
    if request.param == "sqlite":
        shutil.copy(sqlite_migrado, pasta / "tiss.db")
        url = f"sqlite:///{pasta / 'tiss.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    banco = Banco.abrir(url)
    _encher(banco, pasta / "documentos")
    yield Cheio(banco, url, pasta / "documentos")
    banco.fechar()
    if request.param == "postgresql":
        postgres.devolver(url)


def _encher(banco: Banco, pasta: Path) -> None:
    mesa = mesa_com_deposito(banco, pasta)
    recebido = mesa.enviar_lote("R1", guias=2)
    mandar(mesa, protocolo=recebido.protocolo)
    mesa.enviar_lote("R2", guias=2)
    assert cancelar(mesa, de_lote("R2")) == [1]
    com_guia_cancelada = mesa.enviar_lote("R3", guias=3)
    assert cancelar(mesa, de_guias(f"{com_guia_cancelada.guias[0].numero}")) == [1]
    with banco.escrita() as conn:
        selos.selar(conn, agora(), 3)
    recorrente = Recorrente.em(mesa)
    casa = recorrente.cobranca
    contestado = recorrente.analisado(
        {(1, 1): ("30.00",), (2, None): ("10.00",)}, guias=2, do_protocolo=("5.00",)
    )
    casa.liberar(contestado)
    # o prazo para recorrer conta-se do pagamento
    casa.pago(contestado, data=dia(agora()))
    recurso = recorrente.aceito(contestado, item(recorrente.guia_de(contestado), 1, "30.00"))
    recorrente.decidir(recurso, Decisao(1, Decimal("20.00"), "Acatado em parte"))
    casa.cancelar(casa.pagar(casa.liberado(["30.00"])))
    casa.estornar(casa.pago(casa.liberado(["40.00"])))
    # o débito do estorno desconta-se deste
    em_parte = casa.liberado(["100.00"], ["20.00"])
    casa.pago(Alvo(em_parte, (1,)))
    casa.pagar(casa.liberado(["50.00"]))
    reaberto = casa.lote(["60.00"])
    casa.finalizar(reaberto, completar=True)
    casa.reabrir(reaberto)
    recorrente.analisado(
        {(1, 1): ("30.00",), (2, None): ("10.00",)}, guias=2, do_protocolo=("5.00",)
    )
    casa.lote(["70.00"])
    with banco.escrita() as conn:
        selos.selar(conn, agora(), 3)


def _estragar(conn: Connection, estrago: str) -> int:
    comando = text(estrago)
    alvos = {nome: conn.execute(text(_ALVOS[nome])).scalar_one() for nome in comando._bindparams}
    return conn.execute(comando, alvos).rowcount


def test_banco_sao_nao_tem_achados(cheio: Cheio) -> None:
    """Com um pouco de tudo feito pelo gateway, nada se acha."""
    assert list(integridade.conferir(cheio.banco, Pasta(cheio.pasta))) == []


@pytest.mark.parametrize(
    ("tipo", "estrago"), _ESTRAGOS, ids=[f"{n}-{tipo}" for n, (tipo, _) in enumerate(_ESTRAGOS)]
)
def test_cada_estrago_se_acha(cheio: Cheio, tipo: str, estrago: str) -> None:
    """O que se estraga à mão numa tabela é um achado, que não diz de que beneficiário é."""
    with cheio.estragado() as conn:
        assert _estragar(conn, estrago) > 0
        das = [v for v in integridade.VERIFICACOES if v.tipo == tipo]
        achados = [achado for uma in das for achado in aplicar(conn, uma)]
        carteiras = set(conn.execute(text("SELECT carteira FROM guia")).scalars())
    assert achados
    ditos = " ".join(f"{a.onde} {a.texto}" for a in achados)
    assert not [carteira for carteira in carteiras if carteira in ditos]


def test_todo_tipo_de_achado_tem_um_estrago() -> None:
    """Nenhuma verificação fica por provar."""
    assert {v.tipo for v in integridade.VERIFICACOES} == {tipo for tipo, _ in _ESTRAGOS}


def test_documento_sem_conteudo_se_acha(cheio: Cheio) -> None:
    """O documento cujo arquivo se apagou é um achado, e o expurgado não."""
    deposito = Pasta(cheio.pasta)
    [arquivo] = deposito.todas()
    lugar = cheio.pasta / arquivo
    guardado = lugar.read_bytes()
    lugar.unlink()
    achados = list(documentos.conferir(cheio.banco, deposito))
    lugar.write_bytes(guardado)
    assert [a.tipo for a in achados] == ["documento-sem-conteudo"]
    assert achados[0].onde.startswith("documento ")


def test_conteudo_velho_sem_dono_se_acha(cheio: Cheio) -> None:
    """Um arquivo de ninguém, parado há dias, é um achado; o de agora pode estar a caminho."""
    deposito = Pasta(cheio.pasta)
    lugar = chave(1, "ab" * 32)
    deposito.guardar(lugar, b"sobra", None)
    recentes = list(documentos.conferir(cheio.banco, deposito))
    ha_uma_semana = time.time() - 7 * 86_400
    os.utime(cheio.pasta / lugar, (ha_uma_semana, ha_uma_semana))
    achados = list(documentos.conferir(cheio.banco, deposito))
    (cheio.pasta / lugar).unlink()
    assert recentes == []
    assert [(a.tipo, a.onde) for a in achados] == [("conteudo-sem-dono", f"arquivo {lugar}")]


def test_comando_diz_cada_achado_e_sai_com_1(
    cheio: Cheio,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """``db check`` escreve um achado por linha e sai com 1; são, sai com 0; ``--json`` dá dados."""
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar(cheio.url)
    monkeypatch.setenv("TISS_GATEWAY_DOCUMENTS__FOLDER", str(cheio.pasta))
    sao = terminal("db", "check")
    assert (sao.codigo, sao.texto.splitlines()[-1]) == (0, "o banco confere")
    with cheio.banco.escrita() as conn:
        conn.execute(text("UPDATE lote SET quantidade_guias = quantidade_guias + 1"))
    try:
        ruim = terminal("db", "check")
        dados = terminal("db", "check", "--json").dados
        so_esquema = terminal("db", "check", "--schema-only")
    finally:
        with cheio.banco.escrita() as conn:
            conn.execute(text("UPDATE lote SET quantidade_guias = quantidade_guias - 1"))
    _, *linhas, fim = ruim.texto.splitlines()
    assert (ruim.codigo, fim) == (1, "o banco NÃO confere")
    assert {linha.split()[0] for linha in linhas} == {"quantidade-de-guias"}
    assert f"{len(linhas)} achado(s)" in ruim.erro
    assert dados["emDia"]
    assert [a["tipo"] for a in dados["achados"]] == ["quantidade-de-guias"] * len(linhas)
    assert so_esquema.codigo == 0
