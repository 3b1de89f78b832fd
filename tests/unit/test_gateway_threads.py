"""As threads a que o laço entrega mensagens."""

from __future__ import annotations

import asyncio
import threading

import pytest

from gateway.threads import Threads
from persistence import espera


def test_o_que_a_funcao_da_ou_levanta_chega_a_quem_espera() -> None:
    """Um resultado devolve-se e uma exceção levanta-se, e a thread serve ao trabalho seguinte."""

    async def cena() -> None:
        threads = Threads(1, "teste")
        assert await threads.fazer(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await threads.fazer(divmod, 7, 0)
        assert await threads.fazer(divmod, 9, 2) == (4, 1)
        threads.fechar()

    asyncio.run(cena())


def test_nunca_ha_mais_threads_do_que_as_ditas_e_so_nascem_as_que_fazem_falta() -> None:
    """Um trabalho de cada vez usa uma só; cinco ao mesmo tempo, as duas que há."""
    nomes: set[str] = set()
    juntos = threading.Barrier(2)

    def trabalho(esperar: bool) -> None:
        nomes.add(threading.current_thread().name)
        if esperar:
            juntos.wait(10)

    async def cena() -> None:
        threads = Threads(2, "teste")
        for _ in range(3):
            await threads.fazer(trabalho, False)
        assert len(nomes) == 1
        await asyncio.gather(*(threads.fazer(trabalho, True) for _ in range(6)))
        assert nomes == {"teste_0", "teste_1"}
        threads.fechar()

    asyncio.run(cena())


def test_trabalhos_curtos_fazem_se_numa_so() -> None:
    """Enquanto nenhum demora anda uma thread, ainda que muitos esperem."""
    nomes: set[str] = set()

    def trabalho() -> None:
        nomes.add(threading.current_thread().name)

    async def cena() -> None:
        threads = Threads(4, "teste")
        await asyncio.gather(*(threads.fazer(trabalho) for _ in range(20)))
        threads.fechar()

    asyncio.run(cena())
    assert len(nomes) < 4


def test_quem_demora_nao_prende_os_outros() -> None:
    """Com todas as threads menos uma à espera, os trabalhos curtos continuam a fazer-se."""
    pode = threading.Event()

    async def cena() -> None:
        threads = Threads(3, "teste")
        presos = [asyncio.create_task(threads.fazer(pode.wait, 30)) for _ in range(2)]
        feitos = await asyncio.wait_for(
            asyncio.gather(*(threads.fazer(divmod, n, 2) for n in range(200))), 20
        )
        assert len(feitos) == 200
        assert not any(preso.done() for preso in presos)
        pode.set()
        assert await asyncio.gather(*presos) == [True, True]
        assert await threads.fazer(divmod, 9, 2) == (4, 1)
        threads.fechar()

    asyncio.run(cena())


def test_quem_espera_pelo_disco_da_a_vez() -> None:
    """Enquanto uma thread espera que o banco grave, o trabalho seguinte começa logo noutra."""
    gravou = threading.Event()

    def gravar() -> str:
        with espera.a_gravar():
            assert gravou.wait(30)
        return threading.current_thread().name

    def seguinte() -> str:
        gravou.set()
        return threading.current_thread().name

    async def cena() -> None:
        threads = Threads(2, "teste")
        primeira, segunda = await asyncio.gather(threads.fazer(gravar), threads.fazer(seguinte))
        assert (primeira, segunda) == ("teste_0", "teste_1")
        threads.fechar()

    asyncio.run(cena())


def test_fechar_espera_o_que_esta_em_curso() -> None:
    """O que já se entregou faz-se até o fim, ainda que quem o pediu tenha desistido."""
    comecou, pode = threading.Event(), threading.Event()
    feito = []

    def trabalho() -> None:
        comecou.set()
        pode.wait(10)
        feito.append(1)

    async def cena() -> None:
        threads = Threads(1, "teste")
        tarefa = asyncio.create_task(threads.fazer(trabalho))
        await asyncio.sleep(0)
        comecou.wait(10)
        tarefa.cancel()
        pode.set()
        threads.fechar()

    asyncio.run(cena())
    assert feito == [1]
