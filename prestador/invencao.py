"""Pessoas, documentos e números inventados, sempre os mesmos para a mesma semente.

CPF, CNPJ e CNS têm dígitos verificadores certos, mas são sorteados: não são de ninguém.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")

_NOMES = (
    "Álvaro", "Antônia", "Benício", "Cecília", "Conceição", "Érica", "Flávio", "Glória", "Heloísa",
    "Inês", "João", "Lúcia", "Márcio", "Natália", "Otávio", "Patrícia", "Raíssa", "Sebastião",
    "Thaís", "Vitória",
)  # fmt: skip
_SOBRENOMES = (
    "Assunção", "Brandão", "Cordeiro", "D'Ávila", "Figueirêdo", "Gusmão", "Leitão", "Magalhães",
    "Nóbrega", "Paixão", "Queirós", "Simões", "Trindade", "Valadão",
)  # fmt: skip
_UFS = ("21", "23", "29", "31", "33", "35", "41", "43", "53")


class Profissional(NamedTuple):
    """Quem executou ou solicitou, pelo número no conselho.

    Attributes:
        conselho: ``dm_conselhoProfissional``.
        numero: no conselho.
        uf: código IBGE da unidade da federação.
        cbos: ``dm_CBOS``.
    """

    nome: str
    cpf: str
    conselho: str
    numero: str
    uf: str
    cbos: str


class Inventor:
    """Sorteio de dados de guias.

    Args:
        semente: mesma semente, mesmos dados.
    """

    def __init__(self, semente: int | str) -> None:
        # dados de teste: o sorteio precisa ser repetível, não imprevisível
        self._sorteio = random.Random(f"tiss {semente}")  # noqa: S311

    def entre(self, menor: int, maior: int) -> int:
        """Inteiro de ``menor`` a ``maior``, inclusive."""
        return menor + int(self._sorteio.random() * (maior - menor + 1))

    def um_de(self, opcoes: Sequence[_T]) -> _T:
        """Uma das opções."""
        return opcoes[int(self._sorteio.random() * len(opcoes))]

    def uma_vez_em(self, vezes: int) -> bool:
        """Verdadeiro, em média, uma vez em tantas."""
        return self.entre(1, vezes) == 1

    def digitos(self, quantos: int) -> str:
        """Tantos dígitos decimais, o primeiro diferente de zero."""
        return str(self.entre(10 ** (quantos - 1), 10**quantos - 1))

    def cpf(self) -> str:
        """CPF de onze dígitos com verificadores certos."""
        base = self.digitos(9)
        for primeiro in (10, 11):
            resto = sum(int(d) * (primeiro - i) for i, d in enumerate(base)) * 10 % 11
            base += str(resto % 10)
        return base

    def cnpj(self) -> str:
        """CNPJ de catorze dígitos, matriz, com verificadores certos."""
        base = self.digitos(8) + "0001"
        for pesos in ("543298765432", "6543298765432"):
            resto = sum(int(d) * int(p) for d, p in zip(base, pesos, strict=True)) % 11
            base += str(11 - resto if resto > 1 else 0)
        return base

    def cns(self) -> str:
        """Cartão nacional de saúde provisório: soma ponderada múltipla de 11."""
        while True:
            base = "7" + self.digitos(13)
            ultimo = -sum(int(d) * (15 - i) for i, d in enumerate(base)) % 11
            if ultimo < 10:
                return f"{base}{ultimo}"

    def nome(self) -> str:
        """Nome de pessoa, com os acentos do português."""
        return f"{self.um_de(_NOMES)} {self.um_de(_SOBRENOMES)} {self.um_de(_SOBRENOMES)}"

    def profissional(self, conselho: str = "06", cbos: str = "225125") -> Profissional:
        """Profissional de um conselho; por padrão, médico clínico."""
        return Profissional(
            self.nome(), self.cpf(), conselho, self.digitos(6), self.um_de(_UFS), cbos
        )

    def dia(self, primeiro: date, ultimo: date) -> date:
        """Um dia do intervalo, inclusive as pontas."""
        return primeiro + timedelta(days=self.entre(0, (ultimo - primeiro).days))
