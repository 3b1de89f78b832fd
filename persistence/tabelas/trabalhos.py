"""Os trabalhos de fundo: quem está com eles e como foram as últimas execuções."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from persistence.tabelas.base import metadados
from persistence.tipos import Instante

posse = Table(
    "posse",
    metadados,
    Column("nome", Text, primary_key=True),
    Column("dono", Text, nullable=False),
    Column("ficha", BigInteger, nullable=False),
    Column("ate", Instante, nullable=False),
)
"""``ficha`` cresce a cada troca de dono: quem tem uma velha não escreve mais."""

trabalho = Table(
    "trabalho",
    metadados,
    Column("nome", Text, primary_key=True),
    Column("inicio", Instante, nullable=False),
    Column("fim", Instante),
    Column("proximo", Instante, nullable=False),
    Column("resultado", Text),
    Column("erro", Text),
    Column("falhas", Integer, nullable=False),
)
