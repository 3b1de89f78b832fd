"""Os demonstrativos emitidos, que nunca mudam, e o que cada prestador quer ver neles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from persistence.tabelas.base import CHAVE, fk, metadados, um_de
from persistence.tipos import Instante

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import CheckConstraint

GLOSADOS, TODOS = "glosados", "todos"


def do_prestador() -> list[Column[Any] | CheckConstraint]:
    """Que itens a análise de conta lhe mostra; pelo padrão, só os glosados."""
    return [
        Column(
            "itens_no_demonstrativo", Text, nullable=False, server_default=text(f"'{GLOSADOS}'")
        ),
        um_de("itens_no_demonstrativo", GLOSADOS, TODOS),
    ]


demonstrativo = Table(
    "demonstrativo",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id"), nullable=False),
    Column("protocolo_id", CHAVE, fk("protocolo.id"), index=True),
    Column("numero", BigInteger, nullable=False),
    Column("tipo", Text, nullable=False),
    Column("chave", Text, nullable=False),
    Column("versao", Text, nullable=False),
    Column("ordem", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("emitido_em", Instante, nullable=False),
    Column("corpo", LargeBinary, nullable=False),
    UniqueConstraint("operadora_id", "numero"),
    UniqueConstraint("prestador_id", "chave", "versao", "ordem"),
    um_de("tipo", "1", "2", "3", "situacao"),
)
"""``chave`` é do que se emite (um protocolo, um período); ``ordem`` conta as emissões dela numa
versão; ``sha256`` é dos fatos, sem número nem data."""
