"""A memória do gateway ao longo de muitos lotes grandes: sobe no começo e deve ficar plana."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench import bancos, carga, servidor
from bench.casos import CASOS
from bench.medicao import Pedidos

if TYPE_CHECKING:
    from collections.abc import Iterator

LOTES = 2000
PASSO = 500
_BLOCO = 50
"""Lotes montados de uma vez: 2.000 não caberiam na memória de quem mede."""
_LIMITE_SEGUNDOS = 120


class Ponto(NamedTuple):
    """A memória depois de tantos lotes.

    Attributes:
        lotes: recebidos até aqui.
        residente_mib: de agora, do maior processo.
        pico_mib: desde que o gateway subiu.
    """

    lotes: int
    residente_mib: float
    pico_mib: float


def medir(tipo: bancos.Tipo, lotes: int = LOTES, passo: int = PASSO) -> Iterator[Ponto]:
    """Envia lotes de 100 guias a um gateway de um processo e dá a memória a cada passo.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RespostaErrada: se o gateway respondeu errado.
    """
    caso = CASOS["lote-100"]
    with bancos.fabrica(tipo) as nova_url, servidor.no_ar(nova_url(), 1) as gateway:
        pedidos = Pedidos(gateway.porta)
        enviados = 0
        while enviados < lotes:
            bloco = pedidos.montar(caso, min(_BLOCO, passo - enviados % passo))
            janela = carga.medir(gateway.porta, bloco, caso.simultaneas, _LIMITE_SEGUNDOS)
            if janela.mensagens != len(bloco):
                raise carga.RespostaErrada("o bloco não acabou no tempo")
            enviados += len(bloco)
            if enviados % passo == 0:
                yield Ponto(enviados, gateway.memoria(), gateway.pico_de_memoria())
