"""Quanto um endereço que não se autentica pode deixar no arquivo por dia.

A conta é de cada processo e junta-se à dos outros, no banco, de tempos em tempos: o limite pode
ser passado em até ``POR_JUNTAR`` bytes, mais uma mensagem, em cada processo.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from handlers.redes import rede
from persistence import cotas

if TYPE_CHECKING:
    from datetime import date, datetime

    from persistence.banco import Banco

SEM_BYTES = "arquivo-sem-bytes"
"""Aviso: da mensagem só ficaram o tamanho e o resumo, que o endereço passou da cota do dia."""

POR_JUNTAR = 262_144
"""Bytes de um endereço que um processo conta sozinho antes de os somar aos dos outros."""

_ENDERECOS = 10_000


class _Conta:
    __slots__ = ("por_juntar", "total")

    def __init__(self, total: int) -> None:
        self.total = total
        self.por_juntar = 0


class Cota:
    """Conta bytes por endereço e dia; uma instância por processo, usada por várias threads.

    Args:
        banco: onde as contas dos processos se juntam.
        limite: bytes por endereço e dia.
    """

    def __init__(self, banco: Banco, limite: int) -> None:
        self._banco = banco
        self._limite = limite
        self._dia: date | None = None
        self._contas: dict[str, _Conta] = {}
        self._trinco = threading.Lock()

    def cabe(self, endereco: str, tamanho: int, agora: datetime) -> bool:
        """Diz se mais estes bytes cabem no dia do endereço, e então os conta.

        Não se chama dentro de uma transação de escrita: abre a sua.

        Args:
            endereco: de onde vieram.
            tamanho: bytes que ficariam no arquivo, antes de comprimidos.
            agora: instante com fuso; o dia é o de UTC.
        """
        de_onde, dia = rede(endereco), agora.date()
        with self._trinco:
            self._virar(dia)
            conta = self._contas.get(de_onde)
            if conta is None:
                conta = self._contas[de_onde] = _Conta(self._somar(de_onde, dia, 0))
            if conta.total + tamanho > self._limite:
                return False
            conta.total += tamanho
            conta.por_juntar += tamanho
            if conta.por_juntar >= POR_JUNTAR:
                conta.total = self._somar(de_onde, dia, conta.por_juntar)
                conta.por_juntar = 0
            return True

    def _virar(self, dia: date) -> None:
        """Esquece as contas de outro dia; as de hoje, se são demais, juntam-se e recomeçam."""
        if self._dia == dia and len(self._contas) < _ENDERECOS:
            return
        with self._banco.escrita() as conn:
            if self._dia == dia:
                for endereco, conta in self._contas.items():
                    cotas.somar(conn, endereco, dia, conta.por_juntar)
            cotas.limpar(conn, dia)
        self._dia = dia
        self._contas.clear()

    def _somar(self, endereco: str, dia: date, mais: int) -> int:
        abrir = self._banco.escrita if mais else self._banco.leitura
        with abrir() as conn:
            return cotas.somar(conn, endereco, dia, mais)
