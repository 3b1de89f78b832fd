"""O que se fez de uma mensagem e quanto demorou cada coisa, como fica no arquivo.

Guarda-se em poucos bytes, que são de cada mensagem: uma letra e os microssegundos de cada etapa,
pela ordem, como em ``l812t4v9``. Um ``!`` no fim diz que na última se recusou ou falhou.
"""

from __future__ import annotations

import re
import time
from enum import StrEnum
from typing import NamedTuple


class Etapa(StrEnum):
    """Uma etapa do caminho; o valor é a letra que a guarda, e não muda."""

    LEITURA = "l"
    TRANSACAO = "t"
    VERSAO = "v"
    ESQUEMA = "e"
    CABECALHO = "c"
    REMETENTE = "r"
    CONTRATO = "o"
    ASSINATURA = "a"
    HASH = "h"
    CREDENCIAIS = "s"
    POLITICA = "p"
    EXECUCAO = "x"
    RESPOSTA = "w"


NOMES = {
    Etapa.LEITURA: "Leitura do XML e do envelope",
    Etapa.TRANSACAO: "Transação e serviço",
    Etapa.VERSAO: "Versão do padrão",
    Etapa.ESQUEMA: "Esquema da versão",
    Etapa.CABECALHO: "Cabeçalho",
    Etapa.REMETENTE: "Operadora e prestador",
    Etapa.CONTRATO: "Tipo da transação e versão permitida",
    Etapa.ASSINATURA: "Assinatura digital",
    Etapa.HASH: "Hash do epílogo",
    Etapa.CREDENCIAIS: "Login, senha e certificado",
    Etapa.POLITICA: "Política de assinatura e limites",
    Etapa.EXECUCAO: "Regras e gravação",
    Etapa.RESPOSTA: "Resposta escrita e conferida",
}
"""Como cada uma se diz a quem a vê."""

_UMA = re.compile(r"([a-z])(\d+)")
_PAROU = "!"


class Feita(NamedTuple):
    """Uma etapa feita.

    Attributes:
        etapa: qual; a mesma pode repetir-se, se a mensagem se conferiu por outras políticas.
        microssegundos: quanto demorou.
        passou: falso se nela se recusou ou falhou, e o caminho acabou.
    """

    etapa: Etapa
    microssegundos: int
    passou: bool


class Etapas:
    """As etapas de uma mensagem, à medida que se fazem."""

    __slots__ = ("_atual", "_desde", "_feitas", "_parou")

    def __init__(self) -> None:
        self._feitas: list[str] = []
        self._atual: Etapa | None = None
        self._desde = 0.0
        self._parou = False

    def comecar(self, etapa: Etapa) -> None:
        """Acaba a que estava em curso e começa outra; depois de parar, nada faz."""
        if self._parou:
            return
        agora = time.perf_counter()
        if self._atual is not None:
            self._feitas.append(f"{self._atual}{int((agora - self._desde) * 1e6)}")
        self._atual, self._desde = etapa, agora

    def parar(self) -> None:
        """Na que está em curso recusou-se, ou falhou-se: o que se segue já não é do caminho."""
        if self._atual is not None and not self._parou:
            self._feitas.append(self._em_curso() + _PAROU)
            self._parou = True

    def guardadas(self) -> str | None:
        """O que fica no arquivo, com a que está em curso; ``None`` se não houve nenhuma."""
        if self._atual is None:
            return None
        return "".join(self._feitas if self._parou else [*self._feitas, self._em_curso()])

    def _em_curso(self) -> str:
        return f"{self._atual}{int((time.perf_counter() - self._desde) * 1e6)}"


def ler(guardado: str | None) -> tuple[Feita, ...]:
    """As etapas de uma mensagem do arquivo, pela ordem; as que não se conhecem não se dão."""
    if not guardado:
        return ()
    achadas = [(letra, int(quanto)) for letra, quanto in _UMA.findall(guardado)]
    ultima = len(achadas) - 1
    parou = guardado.endswith(_PAROU)
    return tuple(
        Feita(Etapa(letra), quanto, not (parou and n == ultima))
        for n, (letra, quanto) in enumerate(achadas)
        if letra in _LETRAS
    )


_LETRAS = frozenset(Etapa)
