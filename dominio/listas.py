"""Listas de códigos do padrão, por versão.

``listas.json`` guarda cada lista uma vez por versão em que mudou, com séries seguidas escritas como
``1001..1025``. Repetições e o valor vazio que o esquema aceita em algumas listas ficam de fora: um
código vazio não diz nada a ninguém. Fonte: tipos ``dm_*`` e ``st_tissFault`` de
``tissSimpleTypes``.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from dominio.versoes import ordem, referencia, tem_forma


class ListaDesconhecida(LookupError):
    """A versão não tem uma lista com esse nome, ou o que se deu não é uma versão."""

    def __init__(self, lista: str, versao: str) -> None:
        super().__init__(f"a versão {versao} não tem a lista {lista}")
        self.lista = lista
        self.versao = versao


@cache
def _tabela() -> dict[str, dict[str, str]]:
    texto = resources.files("dominio").joinpath("listas.json").read_text(encoding="utf-8")
    tabela: dict[str, dict[str, str]] = json.loads(texto)
    return tabela


def _expande(trecho: str) -> list[str]:
    primeiro, serie, ultimo = trecho.partition("..")
    if not serie:
        return [trecho]
    return [f"{n:0{len(primeiro)}d}" for n in range(int(primeiro), int(ultimo) + 1)]


@cache
def codigos(lista: str, versao: str) -> tuple[str, ...]:
    """Códigos de uma lista numa versão, na ordem do padrão, sem repetição.

    Numa versão que não veio com o projeto valem os da mais nova antes dela.

    Raises:
        ListaDesconhecida: se a versão não tem essa lista.
    """
    if not tem_forma(versao):
        raise ListaDesconhecida(lista, versao)
    limite = ordem(referencia(versao))
    vigentes = [v for v in _tabela().get(lista, {}) if ordem(v) <= limite]
    if not vigentes:
        raise ListaDesconhecida(lista, versao)
    trechos = _tabela()[lista][max(vigentes, key=ordem)].split(" ")
    return tuple(codigo for trecho in trechos for codigo in _expande(trecho))


@cache
def _conjunto(lista: str, versao: str) -> frozenset[str]:
    return frozenset(codigos(lista, versao))


def tem(lista: str, codigo: str, versao: str) -> bool:
    """Diz se o código está na lista da versão.

    Raises:
        ListaDesconhecida: se a versão não tem essa lista.
    """
    return codigo in _conjunto(lista, versao)


def listas(versao: str) -> tuple[str, ...]:
    """Nomes das listas que a versão tem, em ordem alfabética."""
    return tuple(
        nome
        for nome, mudancas in sorted(_tabela().items())
        if min(map(ordem, mudancas)) <= ordem(referencia(versao))
    )
