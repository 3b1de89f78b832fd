"""As colunas com que operadora e prestador dizem o que exigem de uma assinatura digital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Column, Date, Integer, Text, text

from persistence.tabelas.base import um_de
from persistence.tipos import Instante

if TYPE_CHECKING:
    from typing import Any

POLITICAS = ("off", "record", "required")
TITULARES = ("mesmo-cnpj", "mesma-raiz")
AUSENTES = ("aceitar", "recusar")


def da_operadora() -> list[Column[Any] | CheckConstraint]:
    """O que vale para os prestadores que não dizem outra coisa."""
    return [
        Column("assinatura_politica", Text, nullable=False, server_default=text("'record'")),
        Column("assinatura_titular", Text, nullable=False, server_default=text("'mesmo-cnpj'")),
        Column("sem_assinatura", Text, nullable=False, server_default=text("'aceitar'")),
        # cresce a cada mudança das âncoras, para que cada processo saiba que as deve reler
        Column("confianca_revisao", Integer, nullable=False, server_default=text("0")),
        *_restricoes(),
    ]


def do_prestador() -> list[Column[Any] | CheckConstraint]:
    """O que vale por cima do da operadora; ausente, vale o dela."""
    return [
        Column("assinatura_politica", Text),
        Column("assinatura_titular", Text),
        Column("sem_assinatura", Text),
        Column("sha1_ate", Date),
        Column("assina_desde", Instante),
        *_restricoes(),
    ]


def _restricoes() -> list[CheckConstraint]:
    return [
        um_de("assinatura_politica", *POLITICAS),
        um_de("assinatura_titular", *TITULARES),
        um_de("sem_assinatura", *AUSENTES),
    ]
