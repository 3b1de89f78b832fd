"""A memória do gateway ao longo de muitas mensagens: sobe no começo e deve ficar plana."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench import bancos, carga, servidor
from bench.medicao import Pedidos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.casos import Caso

GRANDES = 2_000
PEQUENAS = 20_000
"""Mensagens de muitas guias, e de uma."""
_PONTOS = 4
_BLOCO = 5_000
"""Guias montadas de uma vez: as de 2.000 lotes grandes não caberiam na memória de quem mede."""
_LIMITE_SEGUNDOS = 120


class Ponto(NamedTuple):
    """A memória depois de tantas mensagens.

    Attributes:
        mensagens: respondidas até aqui.
        residente_mib: de agora, do maior processo.
        pico_mib: desde que o gateway subiu.
    """

    mensagens: int
    residente_mib: float
    pico_mib: float


def medir(tipo: bancos.Tipo, caso: Caso, mensagens: int | None = None) -> Iterator[Ponto]:
    """Envia mensagens de um caso a um gateway de um processo e dá a memória em quatro pontos.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RespostaErrada: se o gateway respondeu errado.
    """
    grandes = caso.guias > 1 and not caso.consulta
    total = mensagens or (GRANDES if grandes else PEQUENAS)
    passo = total // _PONTOS
    bloco_inteiro = _BLOCO // (caso.guias if grandes else 1)
    with bancos.fabrica(tipo) as nova_url, servidor.no_ar(nova_url(), 1) as gateway:
        pedidos = Pedidos(gateway.porta)
        enviados = 0
        while enviados < total:
            bloco = pedidos.montar(caso, min(bloco_inteiro, passo - enviados % passo))
            janela = carga.medir(gateway.porta, bloco, caso.simultaneas, _LIMITE_SEGUNDOS)
            if janela.mensagens != len(bloco):
                raise carga.RespostaErrada("o bloco não acabou no tempo")
            enviados += len(bloco)
            if enviados % passo == 0:
                yield Ponto(enviados, gateway.memoria(), gateway.pico_de_memoria())
