"""Dois nós atrás de um balanceador: um morre, os trabalhos mudam de nó, o esquema muda."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, status
from durabilidade.carga import LOTES, Carga
from durabilidade.inteireza import (
    conferir_arquivo,
    conferir_envios,
    conferir_metades,
    conferir_repeticoes,
)
from integration.banco_de_teste import SemPostgres
from varios_nos.cluster import Cluster, SemBalanceador, esperar
from varios_nos.programa_novo import programa_novo
from varios_nos.replica_de_teste import ReplicaDeTeste

from persistence import esquema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from durabilidade.carga import Envio
    from integration.banco_de_teste import Postgres

_SITUACOES = "tissSolicitacaoStatusProtocolo"
_CADA_RODADA = 8


class CargaQuePergunta(Carga):
    """Cada lote aceito é perguntado logo a seguir: o protocolo nunca pode faltar."""

    def _mandar(self, servico: str, numero: str, dados: bytes) -> Envio:
        envio = super()._mandar(servico, numero, dados)
        if servico == LOTES:
            pergunta = envelopado(status(envio.protocolo))
            resposta, tentativas = self._ate_responder(_SITUACOES, pergunta)
            assert b"statusProtocolo>" in resposta.corpo, resposta.corpo
            assert tentativas <= 2
        return envio


@pytest.fixture(scope="module")
def cluster(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Dois nós de pé sobre um principal e a sua réplica."""
    url = postgres.nova_base()
    try:
        replica = ReplicaDeTeste(postgres)
    except SemPostgres as motivo:
        pytest.skip(str(motivo))
    feito = Cluster(url, replica.url(url), tmp_path_factory.mktemp("cluster"))
    try:
        feito.balancear()
        feito.ligar()
        yield feito
    except SemBalanceador as motivo:
        pytest.skip(str(motivo))
    finally:
        feito.desligar()
        replica.encerrar()


def _conferir(cluster: Cluster, carga: Carga) -> None:
    """Tudo o que se confirmou está inteiro, e ninguém repetiu mais do que uma vez."""
    assert carga.falhas == []
    assert max(e.tentativas for e in carga.envios) <= 2
    conferir_envios(cluster, carga.envios)
    conferir_metades(cluster)
    conferir_arquivo(cluster)
    conferir_repeticoes(cluster, carga.envios[-5:])


def test_um_no_morto_sob_carga_nao_perde_nada_e_os_trabalhos_mudam_de_no(
    cluster: Cluster,
) -> None:
    """Morto o nó que tem os trabalhos, o outro responde a tudo e toma-os; o morto volta."""
    with CargaQuePergunta(cluster, clientes=2) as carga:
        carga.esperar(_CADA_RODADA)
        esperar(cluster.dono_dos_trabalhos, "ninguém tem os trabalhos")
        morto = cluster.dono_dos_trabalhos()
        assert morto is not None
        [vivo] = [no for no in cluster.nos if no is not morto]
        morto.matar()
        carga.esperar(_CADA_RODADA)
        esperar(lambda: cluster.dono_dos_trabalhos() is vivo, "os trabalhos não mudam de nó")
        morto.iniciar()
        esperar(lambda: morto.metrica("tiss_mensagens_total{"), "o morto que voltou nada recebe")
    _conferir(cluster, carga)
    # voltar não tira os trabalhos a quem os tem
    assert cluster.dono_dos_trabalhos() is vivo
    # perguntas houve que a réplica respondeu
    assert sum(no.metrica('tiss_leituras_total{origem="replica"}') for no in cluster.nos) > 0


def test_esquema_novo_com_mensagens_a_correr_e_os_nos_trocados_um_a_um(
    cluster: Cluster, tmp_path: Path
) -> None:
    """O programa de antes serve sobre o esquema novo, também reiniciado, sem uma só falha."""
    with CargaQuePergunta(cluster, prefixo="M", clientes=2) as carga:
        carga.esperar(_CADA_RODADA)
        with programa_novo(tmp_path):
            esquema.atualizar(cluster.banco, esquema.Fase.ANTES)
        carga.esperar(_CADA_RODADA)
        for no in cluster.nos:
            no.parar()
            no.iniciar()
            # o seguinte só para quando o balanceador já manda mensagens a este
            esperar(lambda no=no: no.metrica("tiss_mensagens_total{"), "o nó nada recebe")
    assert carga.interrompidos == 0
    _conferir(cluster, carga)
    for no in cluster.nos:
        situacao, corpo = no.pronto()
        assert situacao == 200
        assert any("programa mais novo" in aviso for aviso in corpo["avisos"])
    with programa_novo(tmp_path):
        esquema.atualizar(cluster.banco, esquema.Fase.DEPOIS)
    assert [no.pronto()[0] for no in cluster.nos] == [503, 503]
