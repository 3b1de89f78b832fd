"""Com as tabelas cheias, toda consulta do caminho das mensagens e das listas vai por um índice."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.api import abrir_api
from integration.cancelamento import de_guias, de_lote
from integration.cancelamento import enviar as cancelar
from integration.documento import mandar, mesa_com_deposito
from integration.recepcao import lote, pronta
from integration.recurso import Recorrente, item
from sqlalchemy.engine import make_url

from bench import crescimento
from dominio.competencia import agora, dia
from gateway.arquivo import expurgo, selagem
from gateway.secoes.arquivo import Arquivo
from gateway.secoes.documentos import Documentos
from gateway.trabalhos import medidas
from persistence.banco import Banco
from prestador.cancelamentos import GuiaACancelar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.banco_de_teste import Postgres
    from integration.recepcao import Mesa

GUIAS = 8_000
CHEIAS = frozenset(crescimento._TABELAS)


class Ouvinte:
    """Anota os comandos que chegam ao driver, uma vez cada um, com os primeiros valores."""

    def __init__(self) -> None:
        self.comandos: dict[str, Any] = {}

    @contextmanager
    def ouvindo(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Anota o que se executa dentro do bloco."""
        executar, executar_varios = psycopg.Cursor.execute, psycopg.Cursor.executemany

        def anotar(cursor: Any, comando: Any, valores: Any = None, **opcoes: Any) -> Any:
            self.comandos.setdefault(str(comando), valores)
            return executar(cursor, comando, valores, **opcoes)

        def anotar_varios(cursor: Any, comando: Any, lista: Any, **opcoes: Any) -> Any:
            valores = list(lista)
            self.comandos.setdefault(str(comando), valores[0])
            return executar_varios(cursor, comando, valores, **opcoes)

        with monkeypatch.context() as trocado:
            trocado.setattr(psycopg.Cursor, "execute", anotar)
            trocado.setattr(psycopg.Cursor, "executemany", anotar_varios)
            yield


@pytest.fixture(scope="module")
def cheia(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Mesa, Recorrente]]:
    """Uma mesa num PostgreSQL com milhares de guias, cada uma no seu lote."""
    if not postgres.controlavel:
        pytest.skip("encher por COPY pede o superusuário, que TISS_TEST_DSN pode não ser")
    url = postgres.nova_base()
    banco = Banco.abrir(url)
    mesa = mesa_com_deposito(banco, tmp_path_factory.mktemp("planos"))
    crescimento.encher(url, GUIAS, por_lote=1)
    yield mesa, Recorrente.em(mesa)
    banco.fechar()
    postgres.devolver(url)


def _planos(mesa: Mesa, comandos: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    with mesa.banco.leitura() as conn:
        url = conn.engine.url
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as conexao:
        for comando, valores in comandos.items():
            if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", comando, re.IGNORECASE):
                continue
            linha = conexao.execute("EXPLAIN (FORMAT JSON) " + comando, valores).fetchone()
            assert linha is not None
            yield comando, linha[0][0]["Plan"]


def _varridas(plano: dict[str, Any]) -> Iterator[str]:
    if plano["Node Type"] == "Seq Scan" and plano["Relation Name"] in CHEIAS:
        yield plano["Relation Name"]
    for filho in plano.get("Plans", ()):
        yield from _varridas(filho)


def _conferir(mesa: Mesa, ouvinte: Ouvinte) -> None:
    ruins = [
        f"{', '.join(tabelas)}: {comando}"
        for comando, plano in _planos(mesa, ouvinte.comandos)
        if (tabelas := sorted(_varridas(plano)))
    ]
    assert not ruins, "\n\n".join(ruins)


def test_mensagens_vao_por_indices(
    cheia: tuple[Mesa, Recorrente], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receber, repetir, perguntar, cancelar, anexar, recorrer: nenhuma tabela cheia se varre."""
    mesa, recorrente = cheia
    contestado = recorrente.analisado()
    recorrente.cobranca.liberar(contestado)
    recorrente.cobranca.pago(contestado, data=dia(agora()))
    ouvinte = Ouvinte()
    with ouvinte.ouvindo(monkeypatch):
        dados = pronta(lote(numero="P1", guias=2))
        primeiro = mesa.enviar(dados).recibo
        assert mesa.enviar(dados).recibo.protocolo == primeiro.protocolo
        assert mesa.enviar(pronta(lote(numero="P1", semente=2))).codigo is not None
        assert int(mesa.perguntar(str(primeiro.protocolo)).situacao.status) == 1
        mesa.perguntar("99999999")
        mandar(mesa, protocolo=primeiro.protocolo)
        mandar(mesa, guia_prestador="E77-1")
        mandar(mesa, guia_operadora="O77")
        cancelar(mesa, de_guias("E77-1", "E78-1"))
        cancelar(mesa, de_guias(GuiaACancelar("E79-1", numero_operadora="O79")))
        cancelar(mesa, de_lote("P1", primeiro.protocolo))
        recurso = recorrente.aceito(contestado, item(recorrente.guia_de(contestado), 1, "30.00"))
        recorrente.perguntar(recurso)
    assert len(ouvinte.comandos) > 30
    _conferir(mesa, ouvinte)


_LISTAS = (
    "/protocolos",
    "/protocolos?situacao=1",
    "/protocolos?numeroLotePrestador=E77",
    f"/protocolos/{crescimento.PRIMEIRO_NUMERO + 77}",
    f"/protocolos/{crescimento.PRIMEIRO_NUMERO + 77}/guias",
    f"/protocolos/{crescimento.PRIMEIRO_NUMERO + 77}/criticas",
    f"/protocolos/{crescimento.PRIMEIRO_NUMERO + 77}/recados",
    "/guias?numeroGuiaPrestador=E77-1",
    "/guias",
    "/importacoes",
    "/previsao",
    "/lancamentos",
    "/pagamentos",
    "/recursos",
    "/recados",
    "/auditoria",
)


def test_listas_vao_por_indices(
    cheia: tuple[Mesa, Recorrente], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cada lista da API, com os seus filtros, acha as suas linhas por um índice."""
    mesa, _ = cheia
    ouvinte = Ouvinte()
    with abrir_api(mesa) as api, ouvinte.ouvindo(monkeypatch):
        for caminho in _LISTAS:
            resposta = api.pegar(caminho)
            assert resposta.status in (200, 422), (caminho, resposta.corpo)
    _conferir(mesa, ouvinte)


def test_trabalhos_de_fundo_vao_por_indices(
    cheia: tuple[Mesa, Recorrente], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Selar, expurgar e medir não varrem o arquivo inteiro."""
    mesa, _ = cheia
    ouvinte = Ouvinte()
    with ouvinte.ouvindo(monkeypatch):
        selagem.selar(mesa.banco, agora(), arquivo="", assinar=None)
        expurgo.expurgar(mesa.banco, agora(), Arquivo())
        expurgo.expurgar_documentos(mesa.banco, agora(), Documentos())
        medidas.atualizar(mesa.banco)
    assert ouvinte.comandos
    _conferir(mesa, ouvinte)
