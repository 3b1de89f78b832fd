"""Quanto falta para um certificado ou uma lista deixar de valer, em palavras e cor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import dia

if TYPE_CHECKING:
    from datetime import datetime

DIAS_DE_AVISO = 30
"""Dias antes do vencimento em que se começa a avisar."""


class Prazo(NamedTuple):
    """Quanto falta.

    Attributes:
        dias: até o último dia; negativo, os que já passaram.
        texto: como se lê.
        cor: classe da folha de estilo, que acompanha o texto e nunca o substitui.
    """

    dias: int
    texto: str
    cor: str

    @property
    def avisa(self) -> bool:
        """Se é hora de alguém o renovar."""
        return self.dias <= DIAS_DE_AVISO


def prazo(ate: datetime, agora: datetime) -> Prazo:
    """O prazo do que vale até um instante, contado em dias de São Paulo."""
    dias = (dia(ate) - dia(agora)).days
    if ate <= agora:
        passados = f" há {-dias} {_dias(-dias)}" if dias < 0 else ""
        return Prazo(min(dias, -1), f"Vencido{passados}", "cor-vermelho")
    if dias == 0:
        return Prazo(0, "Vence hoje", "cor-vermelho")
    texto = f"{'Vence em' if dias <= DIAS_DE_AVISO else 'Ainda'} {dias} {_dias(dias)}"
    return Prazo(dias, texto, "s2" if dias <= DIAS_DE_AVISO else "s6")


def _dias(quantos: int) -> str:
    return "dia" if quantos == 1 else "dias"
