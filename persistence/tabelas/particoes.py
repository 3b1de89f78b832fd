"""O que já se largou das partes mensais, para que a falta das linhas tenha explicação."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from persistence.tabelas.base import metadados, um_de
from persistence.tipos import Instante

particao_largada = Table(
    "particao_largada",
    metadados,
    Column("tabela", Text, primary_key=True),
    Column("ate", Integer, primary_key=True, autoincrement=False),
    Column("de", Integer, nullable=False),
    Column("linhas", BigInteger, nullable=False),
    Column("em", Instante, nullable=False),
    Column("marca", LargeBinary),
    um_de("tabela", "mensagem", "guia"),
)
"""De ``de`` a antes de ``ate``, meses ``AAAAMM``; ``de`` zero é tudo o que há antes de ``ate``.

Com as guias largam-se os seus itens e resultados. A marca prova, com a chave do arquivo, que foi o
gateway que a gravou; não a têm as de quando não se cifrava.
"""
