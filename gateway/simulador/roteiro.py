"""O que o simulador lembra entre receber uma mensagem e respondê-la, e entre uma e outra."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.simulador.cenarios import Cenario, do_cabecalho

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ajustes:
    """O que quem liga o simulador escolhe.

    Attributes:
        cenario: o de quem não escolhe nenhum.
        demora: segundos do cenário ``lenta``.
        instante: relógio parado, em UTC; ausente, o relógio anda.
        login: com ``senha``, exigido de todos; ausente, aceita-se o que vier.
        senha: em texto claro.
    """

    cenario: Cenario = Cenario.APROVADO
    demora: float = 5.0
    instante: datetime | None = None
    login: str | None = None
    senha: str | None = None


class Roteiro:
    """Memória de um processo; as mensagens vêm de várias threads."""

    def __init__(self) -> None:
        self._tranca = threading.Lock()
        self._pedidos: dict[str, str] = {}
        self._atrasadas: set[str] = set()
        self._ja_falharam: set[tuple[int, str, str]] = set()

    def comecar(self, mensagem: str, pedido: str | None) -> None:
        """Anota o cenário que o cabeçalho HTTP de uma mensagem pede."""
        if pedido is not None:
            with self._tranca:
                self._pedidos[mensagem] = pedido

    def terminar(self, mensagem: str) -> bool:
        """Esquece a mensagem; diz se a sua resposta deve atrasar."""
        with self._tranca:
            self._pedidos.pop(mensagem, None)
            atrasar = mensagem in self._atrasadas
            self._atrasadas.discard(mensagem)
        return atrasar

    def pedido(self, mensagem: str) -> Cenario | None:
        """Cenário que o cabeçalho HTTP da mensagem pede.

        Raises:
            Recusa: o cabeçalho traz um nome que não é de cenário.
        """
        return do_cabecalho(self._pedidos.get(mensagem))

    def atrasar(self, mensagem: str) -> None:
        """Faz a resposta esperar, já com tudo gravado."""
        with self._tranca:
            self._atrasadas.add(mensagem)

    def primeira_vez(self, prestador_id: int, servico: str, numero: str) -> bool:
        """Diz se é a primeira vez que o prestador traz este lote ou pergunta por este protocolo."""
        chave = (prestador_id, servico, numero)
        with self._tranca:
            nova = chave not in self._ja_falharam
            self._ja_falharam.add(chave)
        return nova
