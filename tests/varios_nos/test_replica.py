"""Ler da réplica: o que acabou de entrar nunca falta, e o que se lê não passa do atraso dito."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from integration.api import abrir_api
from integration.banco_de_teste import SemPostgres
from integration.recepcao import abrir_mesa
from sqlalchemy.engine import make_url
from varios_nos.replica_de_teste import ReplicaDeTeste

from dominio.situacao import StatusProtocolo
from gateway.paginas import _do_banco
from persistence.banco import Banco
from persistence.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.banco_de_teste import Postgres
    from integration.recepcao import Mesa

ATRASO = 2.5


class Cena:
    """Uma mesa sobre o principal, e a réplica de que ela pode ler."""

    def __init__(self, mesa: Mesa, servidor: ReplicaDeTeste, url: str) -> None:
        self.mesa = mesa
        self.servidor = servidor
        self._url = url
        self.origens: list[str] = []
        self.medidas: list[float] = []
        replica = Banco.abrir(servidor.url(url), limite_segundos=5)
        self.replica = mesa.banco.replica = Replica(
            mesa.banco, replica, atraso_maximo=ATRASO,
            ao_ler=self.origens.append, ao_medir=self.medidas.append,
        )  # fmt: skip
        self.replica.iniciar()

    def receber(self, numero: str) -> str:
        protocolo = self.mesa.enviar_lote(numero).protocolo
        assert protocolo is not None
        return protocolo

    def situacao(self, protocolo: str) -> int | None:
        return self.mesa.perguntar(protocolo).situacao.status

    def em_dia(self) -> None:
        """Espera até a réplica ter tudo e o gateway o saber."""
        self.servidor.alcancar(self._url)
        esperar(self.replica.serve)

    @property
    def avisos(self) -> list[str]:
        motivos, avisos = _do_banco(self.mesa.banco)
        assert motivos == []
        return avisos


def esperar(o_que: Callable[[], bool]) -> None:
    fim = time.monotonic() + 20
    while not o_que():
        assert time.monotonic() < fim
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cena(postgres: Postgres) -> Iterator[Cena]:
    """Um principal com uma operadora e a sua réplica."""
    url = postgres.nova_base()
    try:
        servidor = ReplicaDeTeste(postgres)
    except SemPostgres as motivo:
        pytest.skip(str(motivo))
    banco = Banco.abrir(url)
    pronta = Cena(abrir_mesa(banco), servidor, url)
    yield pronta
    banco.fechar()
    servidor.encerrar()


def test_situacao_le_se_da_replica_e_a_que_acabou_de_entrar_do_principal(cena: Cena) -> None:
    """Com a réplica parada no tempo, o protocolo velho lê-se dela e o novo não falta."""
    velho = cena.receber("1")
    cena.em_dia()
    cena.origens.clear()
    assert cena.situacao(velho) == 1
    assert cena.origens == ["replica"]

    cena.em_dia()
    cena.servidor.pausar()
    try:
        novo = cena.receber("2")
        cena.origens.clear()
        assert cena.situacao(novo) == 1
        assert cena.origens == ["principal"]
    finally:
        cena.servidor.retomar()


def test_replica_atrasada_demais_deixa_de_se_ler(cena: Cena) -> None:
    """O que a réplica não tem a tempo lê-se do principal, a prontidão avisa, e depois volta."""
    protocolo = cena.receber("3")
    cena.em_dia()
    assert cena.avisos == []
    cena.servidor.pausar()
    try:
        cena.mesa.transitar(protocolo, StatusProtocolo.EM_ANALISE)
        esperar(lambda: not cena.replica.serve())
        cena.origens.clear()
        assert cena.situacao(protocolo) == 2
        assert cena.origens == ["principal"]
        assert "réplica" in cena.avisos[0]
        esperar(lambda: cena.medidas[-1] == -1)
    finally:
        cena.servidor.retomar()
    cena.em_dia()
    cena.origens.clear()
    assert cena.situacao(protocolo) == 2
    assert cena.origens == ["replica"]
    esperar(lambda: 0 <= cena.medidas[-1] <= ATRASO)


def test_listas_da_api_vem_da_replica_e_um_protocolo_do_principal(cena: Cena) -> None:
    """A lista pode vir atrasada; o protocolo que se pede pelo número, nunca."""
    with abrir_api(cena.mesa) as api:
        token = api.token()
        cena.em_dia()
        cena.servidor.pausar()
        try:
            novo = cena.receber("6")
            cena.origens.clear()
            lista = api.pedir("GET", "/protocolos", token=token).dados["protocolos"]
            assert cena.origens == ["replica"]
            assert novo not in {p["numeroProtocolo"] for p in lista}
            assert (
                api.pedir("GET", f"/protocolos/{novo}", token=token).dados["numeroProtocolo"]
                == novo
            )
        finally:
            cena.servidor.retomar()
        cena.em_dia()
        lista = api.pedir("GET", "/protocolos", token=token).dados["protocolos"]
        assert novo in {p["numeroProtocolo"] for p in lista}


def test_banco_parado_nao_faz_a_replica_parecer_atrasada(cena: Cena) -> None:
    """Sem nada a escrever por mais do que o atraso permitido, a réplica continua a servir."""
    cena.em_dia()
    quantas = len(cena.medidas)
    # um passo é um quarto do atraso permitido
    esperar(lambda: len(cena.medidas) >= quantas + 5)
    assert min(cena.medidas[quantas:]) >= 0


def test_replica_fora_le_se_do_principal_sem_erro(cena: Cena) -> None:
    """Com a réplica parada quem pergunta não nota, nem na primeira; de volta, lê-se dela."""
    protocolo = cena.receber("4")
    cena.em_dia()
    cena.servidor.parar()
    cena.origens.clear()
    assert cena.situacao(protocolo) == 1
    assert cena.origens == ["principal"]
    assert "réplica" in cena.avisos[0]
    cena.servidor.iniciar()
    cena.em_dia()
    cena.origens.clear()
    assert cena.situacao(protocolo) == 1
    assert cena.origens == ["replica"]


def test_com_os_dois_na_url_escreve_se_no_que_e_principal(cena: Cena) -> None:
    """Uma URL com réplica e principal, nesta ordem, dá o que aceita escritas."""
    principal = make_url(cena.mesa.banco.url)
    hosts = (str(cena.servidor.pasta), str(principal.query["host"]))
    dos_dois = principal.update_query_dict(
        {"host": hosts, "target_session_attrs": "read-write"}
    ).render_as_string(hide_password=False)
    banco = Banco.abrir(dos_dois)
    with banco.escrita() as conn:
        assert conn.exec_driver_sql("SELECT pg_is_in_recovery()").scalar() is False
    banco.fechar()


def test_replica_promovida_ja_nao_serve(cena: Cena) -> None:
    """Uma réplica que passou a principal não recebe mais nada: não se lê dela."""
    cena.em_dia()
    cena.servidor.promover()
    esperar(lambda: not cena.replica.serve())
    protocolo = cena.receber("5")
    assert cena.situacao(protocolo) == 1
