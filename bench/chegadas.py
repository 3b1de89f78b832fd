"""A latência a uma parte da capacidade, com mensagens que chegam sem esperar por ninguém.

Mede-se primeiro o pico em circuito fechado. Depois enviam-se mensagens a uma parte dele, com
intervalos ao acaso (chegadas de Poisson) ou iguais, e conta-se a latência desde o instante em que
cada uma devia chegar: quem espera por uma conexão livre também espera.

Com chegadas ao acaso forma-se fila mesmo diante de quem nunca demora mais numa mensagem do que
noutra. Por isso ao lado vai o que daria, com as mesmas chegadas, uma fila ideal: tantos atendentes
quantos os processos, cada mensagem sempre no mesmo tempo, o que a capacidade medida dá.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import random
import statistics
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal, NamedTuple

from bench import assinados, bancos, carga, servidor
from bench.casos import CASOS
from bench.medicao import Pedidos, percentil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.casos import Caso

Ritmo = Literal["acaso", "igual"]
RITMOS: tuple[Ritmo, ...] = ("acaso", "igual")
MISTURA = {"consulta": 9, "status-1": 10, "lote-100": 1}
"""Quantas de cada em vinte."""
_TITULOS = (
    "banco", "processos", "mensagem", "chegadas", "pico/s", "enviadas/s", "p50 ms", "p99 ms",
    "razão", "razão da fila ideal",
)  # fmt: skip
_CONEXOES = 48
_SEMENTE = 20_260
_SEGUNDOS_DO_PICO = 4.0
_AQUECIMENTO = 1.5
_PALPITE_POR_SEGUNDO = 2000.0


class Latencia(NamedTuple):
    """O que se viu de um tipo de mensagem.

    Attributes:
        banco: tipo do banco.
        processos: do gateway.
        titulo: da mensagem.
        ritmo: das chegadas.
        pico: mensagens por segundo em circuito fechado.
        enviadas: mensagens por segundo que se enviaram.
        mensagens: quantas ao todo.
        p50_ms: latência mediana, desde que devia chegar.
        p99_ms: percentil 99.
        fila_ideal: p99 sobre p50 da fila ideal; ausente na mistura, que tem mensagens desiguais.
    """

    banco: str
    processos: int
    titulo: str
    ritmo: Ritmo
    pico: float
    enviadas: float
    mensagens: int
    p50_ms: float
    p99_ms: float
    fila_ideal: float | None

    @property
    def razao(self) -> float:
        """p99 sobre p50."""
        return self.p99_ms / self.p50_ms


def medir(
    tipos: Sequence[bancos.Tipo],
    processos: Sequence[int],
    casos: Sequence[Caso],
    *,
    porcento: int,
    segundos: float,
    avisar: Callable[[str], None],
) -> Iterator[Latencia]:
    """Mede cada caso e, se há os da mistura entre eles, todos juntos.

    Args:
        tipos: bancos.
        processos: do gateway.
        casos: mensagens.
        porcento: do pico.
        segundos: de cada medida.
        avisar: recebe o que se vai fazer.

    Raises:
        SemBanco: se um dos bancos não pode existir aqui.
        NaoSubiu: se o gateway não ficou pronto.
        RespostaErrada: se o gateway respondeu errado.
    """
    nomes = {caso.nome for caso in casos}
    for tipo in tipos:
        with bancos.fabrica(tipo) as nova_url:
            for quantos in processos:
                avisar(f"{tipo}, {quantos} processo(s), a {porcento} % do pico")
                url = nova_url()
                with servidor.no_ar(url, quantos) as gateway:
                    banca = _Banca(tipo, quantos, gateway.porta, porcento, segundos)
                    for caso in casos:
                        with assinados.exigidas(url) if caso.assinado else nullcontext():
                            yield from banca.um_caso(caso)
                    if nomes.issuperset(MISTURA):
                        yield from banca.mistura()


class _Banca:
    def __init__(
        self, tipo: str, processos: int, porta: int, porcento: int, segundos: float
    ) -> None:
        self._tipo, self._processos, self._porta = tipo, processos, porta
        self._parte, self._segundos = porcento / 100, segundos
        self._pedidos = Pedidos(porta)
        self._picos: dict[str, float] = {}

    def um_caso(self, caso: Caso) -> Iterator[Latencia]:
        """Pico de um caso e as suas latências, em cada ritmo de chegada."""
        pico = self._picos[caso.nome] = self._pico(caso)
        for ritmo in RITMOS:
            por_segundo = pico * self._parte
            corpos = self._pedidos.montar(caso, int(por_segundo * self._segundos))
            quando = instantes(len(corpos), por_segundo, ritmo)
            ideal = fila_ideal(quando, self._processos, self._processos / pico)
            latencias = enviar(self._porta, list(zip(quando, corpos, strict=True)))
            yield self._feita(caso.titulo, ritmo, (pico, por_segundo), latencias, ideal)

    def mistura(self) -> Iterator[Latencia]:
        """Os casos da mistura juntos; de cada um, a sua latência no meio dos outros."""
        vinte = [nome for nome, vezes in MISTURA.items() for _ in range(vezes)]
        pico = len(vinte) / sum(vezes / self._picos[nome] for nome, vezes in MISTURA.items())
        por_segundo = pico * self._parte
        quantas = int(por_segundo * self._segundos)
        sorteio = random.Random(_SEMENTE)
        ordem = [nome for _ in range(-(-quantas // 20)) for nome in sorteio.sample(vinte, 20)]
        corpos = {
            nome: iter(self._pedidos.montar(CASOS[nome], ordem.count(nome))) for nome in MISTURA
        }
        # o que a memória não deixou montar também não se envia
        prontos = [(nome, corpo) for nome in ordem if (corpo := next(corpos[nome], None))]
        quando = instantes(len(prontos), por_segundo, "acaso")
        latencias = enviar(
            self._porta, [(t, corpo) for t, (_, corpo) in zip(quando, prontos, strict=True)]
        )
        for nome in MISTURA:
            dele = [
                latencia
                for latencia, (de_qual, _) in zip(latencias, prontos, strict=True)
                if de_qual == nome
            ]
            titulo = f"{CASOS[nome].titulo}, na mistura"
            yield self._feita(titulo, "acaso", (pico, por_segundo), dele, None)

    def _pico(self, caso: Caso) -> float:
        def correr(segundos: float, por_segundo: float) -> float:
            corpos = self._pedidos.montar(caso, int(por_segundo * segundos * 1.5) + 20)
            janela = carga.medir(self._porta, corpos, caso.simultaneas * self._processos, segundos)
            return janela.mensagens / janela.segundos

        morno = correr(_AQUECIMENTO, _PALPITE_POR_SEGUNDO / caso.guias)
        return correr(_SEGUNDOS_DO_PICO, morno)

    def _feita(
        self,
        titulo: str,
        ritmo: Ritmo,
        por_segundo: tuple[float, float],
        latencias: Sequence[float],
        ideal: float | None,
    ) -> Latencia:
        ordenadas = sorted(latencias)
        p50, p99 = percentil(ordenadas, 50) * 1000, percentil(ordenadas, 99) * 1000
        quantas = len(ordenadas)
        return Latencia(
            self._tipo, self._processos, titulo, ritmo, *por_segundo, quantas, p50, p99, ideal
        )


def instantes(quantas: int, por_segundo: float, ritmo: Ritmo) -> list[float]:
    """Segundos, desde o começo, em que cada mensagem chega; sempre os mesmos."""
    if ritmo == "igual":
        return [n / por_segundo for n in range(quantas)]
    sorteio = random.Random(_SEMENTE)
    return [*itertools.accumulate(sorteio.expovariate(por_segundo) for _ in range(quantas))]


def fila_ideal(quando: Sequence[float], atendentes: int, segundos: float) -> float:
    """p99 sobre p50 de quem atende por ordem de chegada e demora sempre o mesmo.

    Args:
        quando: segundos em que cada um chega.
        atendentes: quantos se atendem ao mesmo tempo.
        segundos: de cada atendimento.
    """
    livres = [0.0] * atendentes
    latencias = []
    for chegada in quando:
        fim = max(chegada, heapq.heappop(livres)) + segundos
        heapq.heappush(livres, fim)
        latencias.append(fim - chegada)
    latencias.sort()
    return percentil(latencias, 99) / statistics.median(latencias)


def enviar(porta: int, mensagens: Sequence[tuple[float, bytes]]) -> list[float]:
    """Envia cada pedido no seu instante; dá os segundos de cada um desde esse instante.

    Args:
        porta: TCP do gateway.
        mensagens: segundos desde o começo e os bytes do pedido HTTP, por ordem de chegada.

    Raises:
        RespostaErrada: se alguma resposta não é 200 com um protocolo.
        OSError: se uma conexão caiu.
    """
    latencias = [0.0] * len(mensagens)
    por_enviar = iter(enumerate(mensagens))
    erros: list[Exception] = []
    trinco = threading.Lock()
    clientes = [carga.Cliente(porta) for _ in range(min(_CONEXOES, len(mensagens)))]
    inicio = time.perf_counter() + 0.05

    def atender(cliente: carga.Cliente) -> None:
        try:
            while not erros:
                with trinco:
                    posicao, (quando, corpo) = next(por_enviar)
                chegada = inicio + quando
                if (falta := chegada - time.perf_counter()) > 0:
                    time.sleep(falta)
                cliente.pedir(corpo)
                latencias[posicao] = time.perf_counter() - chegada
        except StopIteration:
            return
        except Exception as erro:  # noqa: BLE001 - quem mede a levanta de novo
            erros.append(erro)
        finally:
            cliente.fechar()

    threads = [threading.Thread(target=atender, args=(c,), daemon=True) for c in clientes]
    # uma coleta completa deste processo pararia a chegada das mensagens, e contar-se-ia ao gateway
    gc.collect()
    gc.disable()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.enable()
    if erros:
        raise erros[0]
    return latencias


def markdown(latencias: Sequence[Latencia]) -> str:
    """A tabela, uma linha por medida."""
    alinhamento = [":--" if c in (0, 2, 3) else "--:" for c in range(len(_TITULOS))]
    linhas = [f"| {' | '.join(linha)} |" for linha in (_TITULOS, alinhamento)]
    for um in latencias:
        ideal = "" if um.fila_ideal is None else f"{um.fila_ideal:.1f}"
        linhas.append(
            f"| {um.banco} | {um.processos} | {um.titulo} | {um.ritmo} | {um.pico:.0f} |"
            f" {um.enviadas:.0f} | {um.p50_ms:.1f} | {um.p99_ms:.1f} | {um.razao:.1f} | {ideal} |"
        )
    return "\n".join(linhas)
