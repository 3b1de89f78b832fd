"""A planilha de preços de uma operadora."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from backoffice.planilha import Defeito, Leitura, ler_data
from dominio import listas
from dominio.dinheiro import MAIOR_TOTAL
from dominio.versoes import VERSOES
from persistence.precos import Preco

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backoffice.planilha import LinhaRuim

COLUNAS = ("tabela", "codigo", "preco", "inicio", "fim")
_CODIGO = re.compile(r"[0-9A-Za-z]{1,10}")
_PRECO = re.compile(r"[0-9]{1,8}([.,][0-9]{1,2})?")


class Planilha:
    """Um arquivo de preços.

    Args:
        arquivo: o CSV, ou onde ele está.

    Raises:
        ArquivoInvalido: não se consegue ler.
    """

    def __init__(self, arquivo: Path | bytes) -> None:
        self._leitura = Leitura(arquivo, COLUNAS)

    @property
    def ruins(self) -> list[LinhaRuim]:
        """As linhas ruins da última leitura."""
        return self._leitura.ruins

    def ler(self) -> Iterator[Preco]:
        """Dá os preços das linhas boas; as ruins ficam em ``ruins``.

        Raises:
            ArquivoInvalido: o cabeçalho não é o que se espera.
        """
        vistos: set[tuple[object, ...]] = set()

        def novo(campos: list[str]) -> Preco:
            feito = _preco(campos)
            chave = (feito.tabela, feito.codigo, feito.inicio)
            if chave in vistos:
                raise Defeito("o código já apareceu com o mesmo início numa linha anterior")
            vistos.add(chave)
            return feito

        return self._leitura.ler(novo)


def _preco(campos: list[str]) -> Preco:
    tabela, codigo, preco, inicio, fim = campos
    if not any(listas.tem("dm_tabela", tabela, versao) for versao in VERSOES):
        raise Defeito("tabela: não é uma de dm_tabela")
    if not _CODIGO.fullmatch(codigo):
        raise Defeito("codigo: de 1 a 10 letras ou algarismos")
    if not _PRECO.fullmatch(preco):
        raise Defeito("preco: reais com até dois decimais, sem separador de milhar")
    valor = Decimal(preco.replace(",", "."))
    if valor > MAIOR_TOTAL:
        raise Defeito("preco: grande demais")
    desde, ate = ler_data("inicio", inicio), ler_data("fim", fim)
    if desde is None:
        raise Defeito("inicio: não pode faltar")
    if ate is not None and ate < desde:
        raise Defeito("fim: não pode ser anterior a inicio")
    return Preco(tabela, codigo, desde, valor, ate)
