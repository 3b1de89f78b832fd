"""O que se exige da assinatura de um prestador; o que ele tem vale por cima da operadora."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


class Modo(StrEnum):
    """Quanto a assinatura conta."""

    OFF = "off"
    """Não se olha; só se anota que veio."""

    RECORD = "record"
    """Quebrada é recusada; cadeia, revogação e titular são vereditos que se guardam."""

    REQUIRED = "required"
    """Exigida e inteira: o que em ``record`` é veredito aqui é recusa."""


class Politica(NamedTuple):
    """A política em vigor para um prestador, num dia.

    Attributes:
        modo: quanto a assinatura conta.
        mesma_raiz: se basta que os oito primeiros caracteres do CNPJ sejam os mesmos.
        recusa_ausencia: se a mensagem sem assinatura de quem costuma assinar é recusada.
        aceita_sha1: se hoje ainda se aceita SHA-1 deste prestador.
    """

    modo: Modo
    mesma_raiz: bool
    recusa_ausencia: bool
    aceita_sha1: bool


def em_vigor(operadora: Operadora, prestador: Prestador, hoje: date) -> Politica:
    """A política de um prestador num dia de São Paulo."""
    titular = prestador.assinatura_titular or operadora.assinatura_titular
    ausencia = prestador.sem_assinatura or operadora.sem_assinatura
    return Politica(
        Modo(prestador.assinatura_politica or operadora.assinatura_politica),
        mesma_raiz=titular == "mesma-raiz",
        recusa_ausencia=ausencia == "recusar",
        aceita_sha1=prestador.sha1_ate is not None and hoje <= prestador.sha1_ate,
    )
