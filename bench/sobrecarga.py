"""O que se atende quando se pede cinco vezes o que cabe: ``python -m bench.sobrecarga``.

Primeiro o pico: poucas conexões, cada uma com uma mensagem por vez. Depois tantas conexões, e que
voltam tão depressa, que chegam cinco vezes mais mensagens do que no pico se atendem. Quem perde a
paciência fecha a conexão, abre outra e manda outra vez; quem ouve 503 volta depois. Os tempos
medem-se pelos do pico, que uma máquina ocupada alonga. Só conta o que se respondeu a quem ainda
esperava.
"""

from __future__ import annotations

import heapq
import resource
import selectors
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import click

from bench import bancos, servidor
from bench.carga import RespostaErrada
from bench.casos import CASOS
from bench.medicao import Pedidos

if TYPE_CHECKING:
    from collections.abc import Iterator

_VEZES = 5
_NO_PICO = 8
_MAIS_CONEXOES = 1_800
"""O gateway aceita 2.000 por processo."""
_PACIENCIA = 10.0
_PACIENCIAS = 40
"""A paciência de um cliente é ao menos isto, em segundos e em tempos de uma mensagem no pico."""
_SEM_LIMITE = 600.0
_VOLTA_MINIMA = 0.1
_QUINTOS = 0.8
_FOLGA = 2.5
"""Os pedidos que se preparam, em vezes os que no pico se atenderiam."""


class Medida(NamedTuple):
    """O que uma janela viu.

    Attributes:
        atendidas: por segundo, a tempo.
        por_processador: atendidas por segundo de processador do gateway, que não depende do que
            mais corre na máquina.
        dispensadas: 503 por segundo.
        desistencias: por segundo, de quem perdeu a paciência.
        p50: milissegundos das atendidas.
        p99: o mesmo.
    """

    atendidas: float
    por_processador: float
    dispensadas: float
    desistencias: float
    p50: float
    p99: float


class Ritmo(NamedTuple):
    """Os tempos da cena, na medida do que a máquina consegue hoje.

    Attributes:
        paciencia: segundos que um cliente espera antes de desistir.
        espera: segundos que o gateway deixa esperar.
        volta: segundos que um cliente espera depois de um 503.
    """

    paciencia: float
    espera: float
    volta: float


class _Ligacao:
    """Uma conexão, com no máximo um pedido por vez."""

    def __init__(self) -> None:
        self.soquete: socket.socket | None = None
        self.pedido = b""
        self.por_enviar = memoryview(b"")
        self.enviado_em = 0.0
        self.recebido = b""


class Multidao:
    """Muitas conexões num só processo, sem threads, para gastar pouco ao lado do gateway.

    Args:
        gateway: a quem se pede.
        pedidos: bytes HTTP prontos; o que não se atendeu volta para o fim.
        conexoes: quantas.
        ritmo: quanto se espera e quando se volta.
    """

    def __init__(
        self, gateway: servidor.Servidor, pedidos: deque[bytes], conexoes: int, ritmo: Ritmo
    ) -> None:
        self._ritmo = ritmo
        self._gateway = gateway
        self._porta = gateway.porta
        self._pedidos = pedidos
        self._seletor = selectors.DefaultSelector()
        self._ligacoes = [_Ligacao() for _ in range(conexoes)]
        self._latencias: list[float] = []
        self._dispensadas = 0
        self._desistencias = 0

    def medir(self, segundos: float) -> Medida:
        """Corre um tempo, ou até se acabarem os pedidos; o primeiro quinto não conta.

        Raises:
            RespostaErrada: uma resposta que não é 200 nem 503, ou os pedidos não chegaram a nada.
        """
        agora = time.monotonic()
        comeco, fim = agora + segundos / 5, agora + segundos
        # entram aos poucos: todas de uma vez encheriam a fila de quem escuta
        agenda = [
            (agora + n * segundos / 10 / len(self._ligacoes), n) for n in range(len(self._ligacoes))
        ]
        prazos: deque[tuple[float, int, float]] = deque()
        contando = False
        gastos = 0.0
        while (agora := time.monotonic()) < fim and self._pedidos:
            if not contando and agora >= comeco:
                contando = True
                self._latencias.clear()
                self._dispensadas = self._desistencias = 0
                gastos = self._gateway.processador()
            self._cumprir(agora, agenda, prazos)
            for chave, quais in self._seletor.select(0.01):
                volta = self._mexer(chave.data, quais)
                if volta is not None:
                    heapq.heappush(agenda, (time.monotonic() + volta, chave.data))
        gastos = self._gateway.processador() - gastos
        for ligacao in self._ligacoes:
            if ligacao.soquete is not None:
                ligacao.soquete.close()
        self._seletor.close()
        decorridos = agora - comeco
        if not contando or decorridos < segundos / 5:
            raise RespostaErrada("acabaram os pedidos: a máquina está ocupada demais para medir")
        ordenadas = sorted(self._latencias) or [0.0]
        return Medida(
            len(self._latencias) / decorridos,
            len(self._latencias) / max(gastos, 0.01),
            self._dispensadas / decorridos,
            self._desistencias / decorridos,
            1000 * ordenadas[len(ordenadas) // 2],
            1000 * ordenadas[len(ordenadas) * 99 // 100],
        )

    def _cumprir(
        self,
        agora: float,
        agenda: list[tuple[float, int]],
        prazos: deque[tuple[float, int, float]],
    ) -> None:
        """Manda o que chegou a hora de mandar, e desiste do que demorou demais."""
        while agenda and agenda[0][0] <= agora and self._pedidos:
            _, n = heapq.heappop(agenda)
            self._comecar(n, agora)
            prazos.append((agora + self._ritmo.paciencia, n, agora))
        while prazos and prazos[0][0] <= agora:
            _, n, enviado = prazos.popleft()
            if self._ligacoes[n].enviado_em == enviado:
                self._desistir(n)
                heapq.heappush(agenda, (agora, n))

    def _comecar(self, n: int, agora: float) -> None:
        ligacao = self._ligacoes[n]
        if ligacao.soquete is None:
            ligacao.soquete = socket.socket()
            ligacao.soquete.setblocking(False)
            ligacao.soquete.connect_ex(("127.0.0.1", self._porta))
            self._seletor.register(ligacao.soquete, selectors.EVENT_WRITE, n)
        else:
            self._seletor.modify(ligacao.soquete, selectors.EVENT_WRITE, n)
        ligacao.pedido = self._pedidos.popleft()
        ligacao.por_enviar = memoryview(ligacao.pedido)
        ligacao.enviado_em = agora
        ligacao.recebido = b""

    def _desistir(self, n: int) -> None:
        self._desistencias += 1
        self._largar(n)

    def _largar(self, n: int) -> None:
        ligacao = self._ligacoes[n]
        ligacao.enviado_em = 0.0
        self._pedidos.append(ligacao.pedido)
        if ligacao.soquete is not None:
            self._seletor.unregister(ligacao.soquete)
            ligacao.soquete.close()
            ligacao.soquete = None

    def _mexer(self, n: int, quais: int) -> float | None:
        """Avança uma conexão; devolve daqui a quantos segundos recomeça, se o pedido acabou."""
        ligacao = self._ligacoes[n]
        soquete = ligacao.soquete
        if soquete is None:
            return None
        try:
            if quais & selectors.EVENT_WRITE:
                ligacao.por_enviar = ligacao.por_enviar[soquete.send(ligacao.por_enviar) :]
                if not ligacao.por_enviar:
                    self._seletor.modify(soquete, selectors.EVENT_READ, n)
                return None
            pedaco = soquete.recv(262_144)
        except OSError:
            pedaco = b""
        if not pedaco:
            # cortada: repete logo noutra conexão
            self._largar(n)
            return 0.0
        ligacao.recebido += pedaco
        topo, corte, corpo = ligacao.recebido.partition(b"\r\n\r\n")
        tamanho = topo.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if not corte or len(corpo) < int(tamanho):
            return None
        return self._acabou(n, topo, corpo)

    def _acabou(self, n: int, topo: bytes, corpo: bytes) -> float:
        ligacao = self._ligacoes[n]
        demorou = time.monotonic() - ligacao.enviado_em
        ligacao.enviado_em = 0.0
        situacao = topo.split(b" ", 2)[1]
        if situacao == b"200" and b"numeroProtocolo>" in corpo:
            self._latencias.append(demorou)
            return 0.0
        if situacao != b"503":
            raise RespostaErrada(corpo[:2000].decode("utf-8", "replace"))
        self._dispensadas += 1
        if b"connection: close" in topo.lower():
            self._largar(n)
        else:
            self._pedidos.append(ligacao.pedido)
        return self._ritmo.volta


def medir(
    tipo: bancos.Tipo, caso: str, segundos: float, processos: int, *, sem_limite: bool = False
) -> Iterator[tuple[str, int, Medida]]:
    """O pico, e depois a sobrecarga com a espera limitada e, se se quer, sem limite.

    Yields:
        O nome da janela, as conexões e o que se viu.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RespostaErrada: se o gateway respondeu outra coisa que 200 ou 503.
    """
    with bancos.fabrica(tipo) as nova_url:
        with servidor.no_ar(nova_url(), processos) as gateway:
            sem_pressa = Ritmo(60.0, 60.0, 0.0)
            fila = deque(Pedidos(gateway.porta).montar(CASOS[caso], _quantos(caso, segundos)))
            pico = Multidao(gateway, fila, _NO_PICO, sem_pressa).medir(segundos)
            yield "pico", _NO_PICO, pico
        paciencia = max(_PACIENCIA, _PACIENCIAS * pico.p50 / 1000)
        espera = paciencia / 3
        janelas = [("espera limitada", espera, max(segundos, 4 * espera))]
        if sem_limite:
            janelas.append(("sem limite", _SEM_LIMITE, max(segundos, 3 * paciencia)))
        for nome, limite, janela in janelas:
            ajustes = {"TISS_GATEWAY_LIMITS__MAX_WAIT": str(limite)}
            with servidor.no_ar(nova_url(), processos, **ajustes) as gateway:
                # cada conexão espera e é atendida, ou ouve 503 e volta passado outro tanto
                conexoes = min(_MAIS_CONEXOES, max(50, int(_VEZES * pico.atendidas * espera)))
                quantos = conexoes + int(_FOLGA * pico.atendidas * janela)
                fila = deque(Pedidos(gateway.porta).montar(CASOS[caso], quantos))
                # os lotes grandes são tantos quantos cabem na memória
                conexoes = min(conexoes, len(fila) // 3)
                ritmo = Ritmo(paciencia, espera, _volta(pico, espera, conexoes))
                yield nome, conexoes, Multidao(gateway, fila, conexoes, ritmo).medir(janela)


def _volta(pico: Medida, espera: float, conexoes: int) -> float:
    """Em quantos segundos volta quem ouve 503, para que cheguem cinco vezes as que cabem."""
    # atendem-se uns quatro quintos do pico, e espera-se outro tanto do que se deixa esperar
    a_espera = _QUINTOS**2 * pico.atendidas * espera
    dispensadas = (_VEZES - _QUINTOS) * pico.atendidas
    return max(_VOLTA_MINIMA, (conexoes - a_espera) / dispensadas)


def _quantos(caso: str, segundos: float) -> int:
    """Pedidos que chegam para uma janela, com folga."""
    return int(segundos * (40 if caso == "lote-100" else 500))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--banco", type=click.Choice(bancos.TIPOS), default="postgresql", show_default=True)
@click.option("--caso", type=click.Choice(list(CASOS)), default="consulta", show_default=True)
@click.option("--segundos", type=click.FloatRange(2), default=15.0, show_default=True)
@click.option("--processos", type=click.IntRange(1), default=1, show_default=True)
@click.option("--sem-limite", is_flag=True, help="Mede também sem limite de espera.")
def principal(
    banco: bancos.Tipo, caso: str, segundos: float, processos: int, sem_limite: bool
) -> None:
    """Mede o que se atende com cinco vezes o que cabe."""
    _, maximo = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, maximo), maximo))
    click.echo(
        "| janela | conexões | atendidas/s | por s de processador | do pico | 503/s "
        "| desistências/s | ms de cada uma destas | p50 ms | p99 ms |\n"
        "| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |"
    )
    pico = 0.0
    try:
        for nome, conexoes, m in medir(banco, caso, segundos, processos, sem_limite=sem_limite):
            if nome == "pico":
                pico = m.por_processador
            parte = 100 * m.por_processador / pico if pico else 0.0
            # o que não foi atender foi dispensar e largar
            outras = m.dispensadas + m.desistencias
            gasto = m.atendidas / m.por_processador - m.atendidas / pico if m.atendidas else 0.0
            cada = 1000 * max(0.0, gasto) / outras if outras else 0.0
            click.echo(
                f"| {nome} | {conexoes} | {m.atendidas:.0f} | {m.por_processador:.0f} "
                f"| {parte:.0f} % | {m.dispensadas:.0f} | {m.desistencias:.0f} "
                f"| {cada:.2f} | {m.p50:.0f} | {m.p99:.0f} |"
            )
    except (bancos.SemBanco, servidor.NaoSubiu, RespostaErrada) as erro:
        raise click.ClickException(str(erro)) from None


if __name__ == "__main__":
    principal()
