"""O que a demonstração diz, e como compara o que ouviu."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gateway.comandos.comum import Recusado, tabela

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal


def passo(texto: str) -> None:
    """Anuncia o que se vai fazer."""
    marca = click.style("»", fg="green") if sys.stdout.isatty() else "»"
    click.echo(f"{marca} {texto}")


def quadro(titulo: str, colunas: Sequence[str], linhas: Sequence[Sequence[str]]) -> None:
    """Mostra uma tabela com o seu título."""
    click.echo()
    click.echo(titulo)
    click.echo(tabela(colunas, linhas))
    click.echo()


def reais(valor: Decimal) -> str:
    """Um valor como se escreve no Brasil, sem o símbolo."""
    return f"{valor:,.2f}".translate(str.maketrans(",.", ".,"))


def iguais(o_que: str, ditos: Mapping[str, Decimal]) -> Decimal:
    """O valor que todos dizem.

    Args:
        o_que: de que valor se fala.
        ditos: onde se leu e o que se leu, em reais.

    Raises:
        Recusado: se alguém diz outro.
    """
    if len(set(ditos.values())) != 1:
        lidos = "; ".join(f"{onde}: {reais(valor)}" for onde, valor in ditos.items())
        raise Recusado(f"{o_que} não é o mesmo em toda parte ({lidos})")
    return next(iter(ditos.values()))
