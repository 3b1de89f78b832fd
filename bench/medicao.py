"""A medição: para cada banco e número de processos, piso e gateway em janelas alternadas.

Alternar faz com que o que mais a máquina esteja fazendo pese igual nos dois; a razão de cada par
de janelas é uma medida, e fica a mediana delas.
"""

from __future__ import annotations

import itertools
import re
import statistics
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import assinados, bancos, carga, piso_processos, servidor
from bench.casos import Molde, molde_de_lote, molde_de_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.carga import Janela
    from bench.casos import Caso
    from bench.piso_processos import Corrida, Processos
    from bench.servidor import Servidor

_PROTOCOLO = re.compile(rb"numeroProtocolo>([0-9]+)<")
_MEMORIA_DOS_PEDIDOS = 400 * 1_048_576
"""Bytes de corpos montados de uma vez, no máximo."""


class Ritmo(NamedTuple):
    """Quanto se mede.

    Attributes:
        janelas: pares piso e gateway de cada caso.
        gateway: segundos de cada janela do gateway.
        piso: segundos de cada janela do piso.
        aquecimento: segundos antes da primeira, de cada um.
    """

    janelas: int = 3
    gateway: float = 1.8
    piso: float = 0.9
    aquecimento: float = 0.6


RAPIDO = Ritmo(janelas=1, gateway=0.4, piso=0.2, aquecimento=0.2)
_PALPITE_POR_SEGUNDO = 2000.0
"""Mais do que um caso pequeno faz, para que o aquecimento não fique sem mensagens."""


@dataclass(frozen=True, slots=True)
class Medida:
    """Um lado de um resultado.

    Attributes:
        processador_ms: milissegundos de processador por mensagem, usuário e sistema.
        por_segundo: mensagens por segundo.
        mensagens: em todas as janelas.
    """

    processador_ms: float
    por_segundo: float
    mensagens: int


@dataclass(frozen=True, slots=True)
class Resultado:
    """Um caso num banco com um número de processos.

    Attributes:
        razao: processador do gateway sobre o do piso, mediana das janelas.
        menor_razao: da melhor janela.
        maior_razao: da pior janela.
        p50_ms: latência mediana no gateway.
        p99_ms: percentil 99 da latência no gateway.
        pico_mib: pico de memória residente do maior processo do gateway durante o caso.
    """

    banco: str
    processos: int
    caso: str
    titulo: str
    alvo: float
    simultaneas: int
    gateway: Medida
    piso: Medida
    razao: float
    menor_razao: float
    maior_razao: float
    p50_ms: float
    p99_ms: float
    pico_mib: float

    def em_json(self) -> dict[str, Any]:
        """O resultado como valores que o JSON tem."""
        return asdict(self)


def medir(
    tipos: Sequence[bancos.Tipo],
    processos: Sequence[int],
    casos: Sequence[Caso],
    ritmo: Ritmo,
    avisar: Callable[[str], None],
) -> Iterator[Resultado]:
    """Mede cada combinação, dando os resultados à medida que saem.

    Raises:
        SemBanco: se um dos bancos não pode existir aqui.
        NaoSubiu: se o gateway não ficou pronto.
        RespostaErrada: se o gateway respondeu errado.
    """
    for tipo in tipos:
        with bancos.fabrica(tipo) as nova_url:
            for quantos in processos:
                avisar(f"{tipo}, {quantos} processo(s)")
                url = nova_url()
                with (
                    servidor.no_ar(url, quantos) as gateway,
                    piso_processos.abertos(nova_url(), quantos) as piso,
                ):
                    pedidos = Pedidos(gateway.porta)
                    for caso in casos:
                        with assinados.exigidas(url) if caso.assinado else nullcontext():
                            resultado = _medir_caso(
                                tipo,
                                quantos,
                                caso,
                                ritmo,
                                gateway=gateway,
                                piso=piso,
                                pedidos=pedidos,
                            )
                        yield resultado


class Pedidos:
    """Monta os pedidos de um gateway, com números de lote que não se repetem.

    Args:
        porta: TCP do gateway, a quem se mandam os lotes que as perguntas consultam.
    """

    def __init__(self, porta: int) -> None:
        self._porta = porta
        self._numeros = itertools.count(1)
        self._moldes: dict[str, Molde] = {}
        self._perguntas: dict[str, bytes] = {}

    def montar(self, caso: Caso, quantos: int) -> list[bytes]:
        """Tantos pedidos de um caso, ou os que cabem na memória."""
        if caso.consulta:
            return [self._pergunta(caso)] * quantos
        primeiro = self._lote(caso)
        cabem = min(quantos, _MEMORIA_DOS_PEDIDOS // len(primeiro))
        return [primeiro, *(self._lote(caso) for _ in range(cabem - 1))]

    def _lote(self, caso: Caso) -> bytes:
        molde = self._moldes.get(caso.nome)
        if molde is None:
            molde = self._moldes[caso.nome] = molde_de_lote(caso)
        return carga.pedido(caso.caminho, molde.com(next(self._numeros)))

    def _pergunta(self, caso: Caso) -> bytes:
        if caso.nome not in self._perguntas:
            envio = carga.pedido(caso.caminho_do_lote, molde_de_lote(caso).com(next(self._numeros)))
            resposta = carga.medir(self._porta, [envio], 1, 60).ultima
            achado = _PROTOCOLO.search(resposta)
            if achado is None:
                raise carga.RespostaErrada("o recibo não traz protocolo")
            corpo = molde_de_status().com(int(achado[1]))
            self._perguntas[caso.nome] = carga.pedido(caso.caminho, corpo)
        return self._perguntas[caso.nome]


def _medir_caso(
    tipo: str,
    processos: int,
    caso: Caso,
    ritmo: Ritmo,
    *,
    gateway: Servidor,
    piso: Processos,
    pedidos: Pedidos,
) -> Resultado:
    palpite = _PALPITE_POR_SEGUNDO / caso.guias
    morno = _quantos(palpite * processos, ritmo.aquecimento, caso)
    janela = carga.medir(
        gateway.porta, pedidos.montar(caso, morno), caso.simultaneas, ritmo.aquecimento
    )
    corrida = piso.correr(caso, _quantos(palpite, ritmo.aquecimento, caso), ritmo.aquecimento)
    gateway.zerar_pico()
    janelas: list[tuple[Janela, float]] = []
    corridas: list[Corrida] = []
    for _ in range(ritmo.janelas):
        por_processo = corrida.mensagens / corrida.segundos / processos
        corrida = piso.correr(caso, _quantos(por_processo, ritmo.piso, caso), ritmo.piso)
        corridas.append(corrida)
        por_segundo = janela.mensagens / janela.segundos
        prontos = pedidos.montar(caso, _quantos(por_segundo, ritmo.gateway, caso))
        antes = gateway.processador()
        janela = carga.medir(gateway.porta, prontos, caso.simultaneas, ritmo.gateway)
        janelas.append((janela, gateway.processador() - antes))
    razoes = [
        (gasto / j.mensagens) / (c.processador / c.mensagens)
        for (j, gasto), c in zip(janelas, corridas, strict=True)
    ]
    latencias = sorted(tempo for j, _ in janelas for tempo in j.latencias)
    return Resultado(
        banco=tipo,
        processos=processos,
        caso=caso.nome,
        titulo=caso.titulo,
        alvo=caso.alvo,
        simultaneas=caso.simultaneas,
        gateway=_medida([(j.mensagens, j.segundos, gasto) for j, gasto in janelas]),
        piso=_medida(corridas),
        razao=statistics.median(razoes),
        menor_razao=min(razoes),
        maior_razao=max(razoes),
        p50_ms=percentil(latencias, 50) * 1000,
        p99_ms=percentil(latencias, 99) * 1000,
        pico_mib=gateway.pico_de_memoria(),
    )


def _quantos(por_segundo: float, segundos: float, caso: Caso) -> int:
    """Mensagens bastantes para que o tempo acabe antes delas."""
    return int(por_segundo * segundos * 1.5) + 2 * caso.simultaneas


def _medida(janelas: Sequence[tuple[int, float, float]]) -> Medida:
    return Medida(
        processador_ms=statistics.median(gasto / n * 1000 for n, _, gasto in janelas),
        por_segundo=statistics.median(n / segundos for n, segundos, _ in janelas),
        mensagens=sum(n for n, _, _ in janelas),
    )


def percentil(ordenadas: Sequence[float], porcento: int) -> float:
    """O valor abaixo do qual está essa parte dos que há, que não podem ser nenhum."""
    return ordenadas[min(len(ordenadas) - 1, len(ordenadas) * porcento // 100)]
