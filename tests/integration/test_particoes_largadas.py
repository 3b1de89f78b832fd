"""Largar meses: vai-se o que já nada guarda, e o que fica continua a conferir-se."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from integration.arquivados import abrir
from integration.cancelamento import cancelar, de_lote
from integration.demonstrativo import Balcao
from integration.particoes import ESTE, onde, partir, recorrente, valor
from integration.recepcao import abrir_mesa, lote, pronta
from sqlalchemy import text

from dominio import meses
from dominio.competencia import agora
from gateway.arquivo.conferencia import conferir, expurgos
from gateway.arquivo.expurgo import expurgar
from gateway.arquivo.meses import cuidar
from gateway.arquivo.selagem import selar
from gateway.secoes.arquivo import Arquivo
from persistence import integridade, particoes
from persistence.particoes import largada
from persistence.particoes.catalogo import GUIAS, MENSAGENS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from integration.banco_de_teste import Postgres
    from integration.recepcao import Mesa

    from persistence.banco import Banco
    from persistence.particoes.catalogo import Grupo

AJUSTES = Arquivo(head_file="")
VENCIDO = agora() + timedelta(days=AJUSTES.retention_accepted + 70)


@contextmanager
def _com_um_pouco_de_tudo(postgres: Postgres, pasta: Path) -> Iterator[Mesa]:
    """Um banco partido com um lote pago, um cancelado e uma pergunta."""
    url = postgres.nova_base()
    banco = abrir(url, pasta)
    partir(banco)
    nova = abrir_mesa(banco)
    quem = recorrente(nova)
    pago = quem.analisado({(1, 1): ("30.00",)}, guias=2, do_protocolo=("5.00",))
    quem.cobranca.liberar(pago)
    quem.cobranca.pago(pago)
    nova.enviar_lote("C1")
    assert cancelar(nova, de_lote("C1")) == [1]
    nova.perguntar(str(pago))
    yield nova
    banco.fechar()
    postgres.devolver(url)


@pytest.fixture
def mesa(postgres: Postgres, tmp_path: Path) -> Iterator[Mesa]:
    """Uma mesa em que tudo está encerrado, por selar."""
    with _com_um_pouco_de_tudo(postgres, tmp_path) as nova:
        yield nova


@pytest.fixture(scope="module")
def vencida(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banco]:
    """Um banco em que tudo se poderia largar; cada teste desfaz o que muda."""
    with _com_um_pouco_de_tudo(postgres, tmp_path_factory.mktemp("vencida")) as nova:
        selar(nova.banco, agora())
        expurgar(nova.banco, VENCIDO, AJUSTES)
        yield nova.banco


def _passar_o_prazo(banco: Banco) -> str | None:
    selar(banco, agora())
    expurgar(banco, VENCIDO, AJUSTES)
    return cuidar(banco, VENCIDO, AJUSTES)


def _achados(banco: Banco) -> set[str]:
    with banco.leitura() as conn:
        return {a.tipo for a in integridade.do_banco(conn) if a.tipo != "sem-particao"}


def _do_arquivo(banco: Banco, quando: datetime = VENCIDO) -> set[tuple[str, str]]:
    relatorio = conferir(banco, exigir_marca=True, aceitos=expurgos(AJUSTES, quando))
    return {(a.tipo, a.onde) for a in relatorio.achados}


def _mudar(banco: Banco, comando: str, **valores: object) -> None:
    with banco.escrita() as conn:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        assert conn.execute(text(comando), valores).rowcount > 0


def test_mes_em_que_nada_se_guarda_larga_se(mesa: Mesa) -> None:
    """Expurgado e encerrado tudo, as partes vão-se; os selos, os totais e o banco conferem."""
    banco = mesa.banco
    protocolos = "SELECT sum(liberado) FROM protocolo"
    liberado, seladas = valor(banco, protocolos), valor(banco, "SELECT count(*) FROM folha")
    assert "partes largadas" in (_passar_o_prazo(banco) or "")
    for tabela in ("mensagem", "guia", "item", "resultado_guia", "resultado_item"):
        assert onde(banco, tabela) == {}
    assert valor(banco, f"SELECT to_regclass('mensagem_{ESTE}') IS NULL")
    assert valor(banco, protocolos) == liberado
    assert _achados(banco) == set()
    assert _do_arquivo(banco) == set()
    relatorio = conferir(banco, aceitos=expurgos(AJUSTES, VENCIDO))
    assert (relatorio.seladas, relatorio.largadas) == (seladas, seladas)
    eventos = valor(banco, "SELECT count(*) FROM auditoria WHERE acao = 'largar'")
    assert eventos == valor(banco, "SELECT count(*) FROM particao_largada")
    assert cuidar(banco, VENCIDO, AJUSTES) is None


def test_depois_de_largar_ainda_se_recebe(mesa: Mesa) -> None:
    """O que chega no mês largado fica no resto; o protocolo velho é como se já não houvesse."""
    velho = valor(mesa.banco, "SELECT min(numero) FROM protocolo")
    _passar_o_prazo(mesa.banco)
    recibo = mesa.enviar_lote("D1")
    assert onde(mesa.banco, "guia") == {"resto": 1}
    assert int(mesa.perguntar(str(recibo.protocolo)).situacao.status) == 1
    desconhecido, largado = (mesa.perguntar(str(n)) for n in (99_999_999, velho))
    assert largado.codigo is not None
    assert largado.codigo == desconhecido.codigo
    assert not Balcao(mesa).resposta_analise(velho).resultado.falha


def test_antes_do_prazo_nada_se_larga(mesa: Mesa) -> None:
    """Encerrado e selado não basta: falta o prazo."""
    selar(mesa.banco, agora())
    assert cuidar(mesa.banco, agora(), AJUSTES) is None
    assert set(onde(mesa.banco, "mensagem")) == {str(ESTE)}


_DOCUMENTO = """
INSERT INTO documento (operadora_id, prestador_id, numero, identidade, mensagem_id, recebido_em,
  versao, canal, homologacao, numero_documento, natureza, tipo, formato, sha256, tamanho)
SELECT operadora_id, prestador_id, 1, 'x', mensagem_id, recebido_em, versao, canal, false, '1', '2',
  '01', 'pdf', 'ab', 1 FROM protocolo LIMIT 1
"""
_REPETIVEL = """
WITH m AS (UPDATE mensagem SET prestador_id = p.id, servico = 's' FROM prestador p
           WHERE mensagem.id = (SELECT max(id) FROM mensagem)
           RETURNING p.id AS prestador_id, mensagem.sha256, mensagem.id)
INSERT INTO execucao SELECT prestador_id, 's', sha256, id FROM m
"""
_RECURSO = """
WITH r AS (INSERT INTO protocolo (operadora_id, numero, prestador_id, tipo, mensagem_id, versao,
             canal, status, recebido_em, data_envio, homologacao, informado, processado, liberado,
             glosa, analise_visivel)
           SELECT operadora_id, 1, prestador_id, 'recurso', mensagem_id, versao, canal, 2,
             recebido_em, data_envio, false, 0, 0, 0, 0, false FROM protocolo WHERE status = 6
           RETURNING id)
INSERT INTO recurso (protocolo_id, operadora_id, prestador_id, original_id, lote_id, sequencia,
  numero_guia, sha256, vivo, origem, objeto, odonto, prestador_forma, prestador_valor, data_recurso,
  total_dito, revisao)
SELECT r.id, o.operadora_id, o.prestador_id, o.id, o.lote_id, 1, 'R1', 'ab', true, 'portal', '1',
  false, 'codigo', '1', CURRENT_DATE, 0, 1 FROM protocolo o, r WHERE o.status = 6
"""
_REABERTO = "UPDATE protocolo SET status = 2 WHERE status = 6"
_PAGO = "UPDATE protocolo SET status = 6 WHERE status = 2"
_COM_BYTES = "UPDATE mensagem SET expurgada_em = NULL"
_SEM_BYTES = "UPDATE mensagem SET expurgada_em = now()"


@pytest.mark.parametrize(
    ("grupo", "guarda", "desfazer"),
    [
        (MENSAGENS, _REABERTO, _PAGO),
        (MENSAGENS, _COM_BYTES, _SEM_BYTES),
        (MENSAGENS, _DOCUMENTO, "DELETE FROM documento"),
        (MENSAGENS, _REPETIVEL, "DELETE FROM execucao"),
        (GUIAS, _REABERTO, _PAGO),
        (GUIAS, _COM_BYTES, _SEM_BYTES),
        (
            GUIAS,
            "UPDATE pagamento SET estado = 'previsto'",
            "UPDATE pagamento SET estado = 'confirmado'",
        ),
        (GUIAS, _RECURSO, "DELETE FROM recurso"),
    ],
    ids=[
        "mensagem-aberto", "mensagem-bytes", "mensagem-documento", "mensagem-repetivel",
        "guia-aberto", "guia-bytes", "guia-por-pagar", "guia-recurso",
    ],
)  # fmt: skip
def test_mes_com_algo_a_guardar_nao_se_larga(
    vencida: Banco, monkeypatch: pytest.MonkeyPatch, grupo: Grupo, guarda: str, desfazer: str
) -> None:
    """O que ainda está aberto, por expurgar, por repetir ou por pagar segura o seu mês."""
    monkeypatch.setattr(largada, "GRUPOS", (grupo,))
    _mudar(vencida, guarda)
    antes = onde(vencida, grupo.nome)
    larguei = particoes.largar(vencida, VENCIDO, timedelta(days=AJUSTES.retention_accepted))
    assert onde(vencida, grupo.nome) == antes
    # os meses vazios de antes não guardam nada
    assert all(mes.linhas == 0 for mes in larguei)
    _mudar(vencida, desfazer)


def test_linha_que_falta_de_outro_mes_acha_se(mesa: Mesa) -> None:
    """Só o que se largou não falta: uma mensagem apagada de outro mês é um achado."""
    dela = pronta(lote(numero="F1"))
    mesa.enviar(dela)
    selar(mesa.banco, agora())
    _mudar(mesa.banco, "DELETE FROM mensagem WHERE id = (SELECT max(id) FROM mensagem)")
    assert {tipo for tipo, _ in _do_arquivo(mesa.banco, agora())} == {"linha-faltando"}
    assert _achados(mesa.banco) >= {"folha-sem-mensagem"}


def test_largada_inventada_acha_se(mesa: Mesa) -> None:
    """Quem apaga um mês e o dá por largado não tem a chave que o marcaria, nem o prazo."""
    selar(mesa.banco, agora())
    _mudar(mesa.banco, "DELETE FROM mensagem")
    _mudar(
        mesa.banco,
        "INSERT INTO particao_largada (tabela, de, ate, linhas, em)"
        " VALUES ('mensagem', 0, :ate, 1, now())",
        ate=meses.somar(ESTE, 1),
    )
    onde_ = f"mensagem antes de {meses.somar(ESTE, 1)}"
    assert _do_arquivo(mesa.banco) == {("largada-forjada", onde_), ("largada-cedo", onde_)}
