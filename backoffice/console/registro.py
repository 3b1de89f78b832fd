"""Tudo o que o console serve: as áreas são os módulos de ``paginas``, e não há outra porta."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from backoffice.console import paginas
from backoffice.console.area import Area, RotaSemDono

if TYPE_CHECKING:
    from backoffice.console.area import Item, Rota


@cache
def areas() -> tuple[Area, ...]:
    """As áreas, pelo nome do módulo, que tem uma variável ``area``."""
    nomes = sorted(m.name for m in pkgutil.iter_modules(paginas.__path__))
    modulos = [importlib.import_module(f"{paginas.__name__}.{nome}") for nome in nomes]
    unicas = dict.fromkeys(m.area for m in modulos if isinstance(m.area, Area))
    return tuple(unicas)


@cache
def rotas() -> tuple[Rota, ...]:
    """Todas as rotas.

    Raises:
        RotaSemDono: duas áreas declaram o mesmo endereço.
    """
    todas = tuple(rota for area in areas() for rota in area.rotas)
    repetidas = [nome for nome, vezes in Counter(r.nome for r in todas).items() if vezes > 1]
    if repetidas:
        raise RotaSemDono(", ".join(repetidas))
    # as partes fixas vêm antes das variáveis: /lotes/novo não é o lote de número "novo"
    return tuple(sorted(todas, key=lambda r: [p.startswith("{") for p in r.caminho.split("/")]))


@cache
def menu() -> tuple[tuple[Item, Rota], ...]:
    """As linhas do menu pela ordem, com a página de cada uma.

    Raises:
        RotaSemDono: uma linha leva a uma página que não existe.
    """
    por_nome = {rota.nome: rota for rota in rotas()}
    linhas = sorted((i for a in areas() for i in a.menu), key=lambda i: (i.ordem, i.texto))
    for item in linhas:
        if f"GET {item.caminho}" not in por_nome:
            raise RotaSemDono(f"menu: {item.caminho}")
    return tuple((item, por_nome[f"GET {item.caminho}"]) for item in linhas)
