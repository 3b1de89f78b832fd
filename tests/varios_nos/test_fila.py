"""A sala de espera de um processo cheio: quem entra, quem espera, e o que ouve quem não coube."""

from __future__ import annotations

import asyncio
import http.client
import threading
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.servidor import Servidor
from validador import validar_resposta

from dominio import erros
from gateway.fila import Fila
from gateway.vez import UmPorVez
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 2
LUGARES = THREADS + 2
UM, OUTRO = "192.0.2.10", "198.51.100.7"


def test_ate_aos_lugares_ninguem_espera() -> None:
    """Entra-se logo enquanto há lugar, e quem espera entra quando alguém sai."""

    async def cena() -> None:
        fila = Fila(THREADS, 5)
        dentro = [await fila.entrar(UM) for _ in range(LUGARES)]
        assert [lugar is not None and lugar.esperou for lugar in dentro] == [False] * LUGARES
        fora = asyncio.create_task(fila.entrar(UM))
        await asyncio.sleep(0)
        assert not fora.done()
        assert dentro[0] is not None
        dentro[0].largar()
        # de novo, nada faz: o lugar já é de outro
        dentro[0].largar()
        entrou = await fora
        assert entrou is not None
        assert entrou.esperou
        depois = asyncio.create_task(fila.entrar(UM))
        await asyncio.sleep(0)
        assert not depois.done()
        depois.cancel()

    asyncio.run(cena())


def test_quem_nao_tem_lugar_a_tempo_vai_se_embora() -> None:
    """Passado o prazo não há lugar, e o que depois vaga é do seguinte."""

    async def cena() -> None:
        fila = Fila(THREADS, 0.02)
        dentro = [await fila.entrar(UM) for _ in range(LUGARES)]
        assert await fila.entrar(UM) is None
        assert dentro[0] is not None
        dentro[0].largar()
        assert await fila.entrar(OUTRO) is not None

    asyncio.run(cena())


def test_quem_tem_muitas_conexoes_nao_passa_a_frente() -> None:
    """Chama-se um de cada endereço por volta: o que mandou uma entra a seguir a um dos cem."""

    async def cena() -> None:
        fila = Fila(THREADS, 5)
        dentro = [await fila.entrar(UM) for _ in range(LUGARES)]
        muitos = [asyncio.create_task(fila.entrar(UM)) for _ in range(100)]
        await asyncio.sleep(0)
        um_so = asyncio.create_task(fila.entrar(OUTRO))
        await asyncio.sleep(0)
        for lugar in dentro[:2]:
            assert lugar is not None
            lugar.largar()
        await asyncio.sleep(0.01)
        assert um_so.done()
        assert sum(t.done() for t in muitos) == 1
        for tarefa in muitos:
            tarefa.cancel()

    asyncio.run(cena())


def test_um_envio_de_cada_um_por_vez_e_os_outros_passam() -> None:
    """O segundo envio de um espera que acabe o primeiro, até um prazo; o de outro começa logo."""

    async def cena() -> None:
        vez = UmPorVez(0.02)
        async with vez.de(UM):
            async with vez.de(OUTRO):
                pass
            with pytest.raises(Recusa) as recusa:
                async with vez.de(UM):
                    pass
            assert recusa.value.erro is erros.SOBRECARGA
            seguinte = asyncio.create_task(_usar(vez))
            await asyncio.sleep(0)
            assert not seguinte.done()
        await seguinte
        async with vez.de(UM):
            pass

    asyncio.run(cena())


async def _usar(vez: UmPorVez) -> None:
    async with vez.de(UM):
        pass


@pytest.fixture(scope="module")
def apertado(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um gateway de uma thread em que quase não se espera."""
    pasta = tmp_path_factory.mktemp("apertado")
    servidor = Servidor(
        f"sqlite:///{pasta / 'gateway.db'}", pasta,
        TISS_GATEWAY_SERVER__THREADS="1", TISS_GATEWAY_LIMITS__MAX_WAIT="0.05",
    ).iniciar()  # fmt: skip
    yield servidor
    servidor.encerrar()


def test_processo_cheio_diz_503_e_o_que_aceitou_esta_inteiro(apertado: Servidor) -> None:
    """Com trinta ao mesmo tempo, umas têm protocolo e as outras 503 com Retry-After; e repetem."""
    dados = [envelopado(lote(guias=20)) for _ in range(30)]
    situacoes: dict[int, list[int]] = {n: [] for n in range(len(dados))}

    def cliente(n: int) -> None:
        conexao = http.client.HTTPConnection("127.0.0.1", apertado.porta, timeout=60)
        while 200 not in situacoes[n]:
            conexao.request(
                "POST", "/tiss/4.03.00/tissLoteGuias", dados[n], {"Content-Type": "text/xml"}
            )
            resposta = conexao.getresponse()
            corpo = resposta.read()
            situacoes[n].append(resposta.status)
            falha = validar_resposta(corpo, "4.03.00")
            if resposta.status != 200:
                assert resposta.status == 503
                assert resposta.headers["Retry-After"] == "5"
                assert "ErroInesperadoServidor" in "".join(falha.itertext())
        conexao.close()

    clientes = [threading.Thread(target=cliente, args=(n,)) for n in situacoes]
    for thread in clientes:
        thread.start()
    for thread in clientes:
        thread.join()
    assert all(ditas[-1] == 200 for ditas in situacoes.values())
    assert any(503 in ditas for ditas in situacoes.values())
    metricas = apertado.pegar("/metrics").corpo.decode()
    assert 'erro="sobrecarga"' in metricas
