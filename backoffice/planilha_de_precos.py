"""A planilha de preços de uma operadora."""

from __future__ import annotations

import re
from decimal import Decimal

from backoffice.planilha import Defeito, Modelo, ler_data
from dominio import listas
from dominio.dinheiro import MAIOR_TOTAL
from dominio.versoes import VERSOES
from persistence.precos import Preco

COLUNAS = ("tabela", "codigo", "preco", "inicio", "fim")
_CODIGO = re.compile(r"[0-9A-Za-z]{1,10}")
_PRECO = re.compile(r"[0-9]{1,8}([.,][0-9]{1,2})?")


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


PRECOS = Modelo(
    COLUNAS,
    _preco,
    chave=lambda um: (um.tabela, um.codigo, um.inicio),
    repetida="o código já apareceu com o mesmo início numa linha anterior",
)
