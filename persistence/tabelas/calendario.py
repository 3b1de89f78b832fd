"""O calendário de faturamento."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Index, String, Table

from persistence.tabelas.base import CHAVE, fk, metadados

periodo = Table(
    "periodo",
    metadados,
    Column("id", CHAVE, primary_key=True),
    Column("operadora_id", CHAVE, fk("operadora.id"), nullable=False),
    Column("prestador_id", CHAVE, fk("prestador.id")),
    Column("competencia", String(6), nullable=False),
    Column("execucao_de", Date, nullable=False),
    Column("execucao_ate", Date, nullable=False),
    Column("envio_de", Date, nullable=False),
    Column("envio_ate", Date, nullable=False),
    Column("pagamento", Date, nullable=False),
    Index(None, "operadora_id", "envio_ate"),
    CheckConstraint("execucao_de <= execucao_ate", name="execucao"),
    CheckConstraint("envio_de <= envio_ate", name="envio"),
)
"""O que se pode enviar quando, para todos ou para um prestador."""
