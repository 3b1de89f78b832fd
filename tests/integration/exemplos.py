"""Valores inventados com que os testes do banco trabalham."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dominio.lote import Beneficiario, Guia, Identificacao, Item
from persistence import operadoras

if TYPE_CHECKING:
    from persistence.banco import Banco
    from persistence.lotes import NovoLote
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

AGORA = datetime(2025, 3, 10, 14, 30, 15, 123456, tzinfo=UTC)


class Cadastro(NamedTuple):
    """Uma operadora com um prestador."""

    operadora: Operadora
    prestador: Prestador


class FabricaDeLote(Protocol):
    def __call__(self, numero: str = ..., *, guias: int = ..., mensagem: str = ...) -> NovoLote: ...


def outra_operadora(banco: Banco) -> Operadora:
    """Uma segunda operadora no mesmo gateway."""
    with banco.escrita() as conn:
        return operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )


def guia(numero: int, executante: Identificacao) -> Guia:
    """Uma guia com todos os campos preenchidos e um procedimento e uma despesa."""
    return Guia(
        numero_prestador=f"G{numero}",
        numero_operadora=f"O{numero}",
        guia_principal="P1",
        senha="S\\1\tç",
        beneficiario=Beneficiario("00123", "N", "01", "Maria das Dores", "898000000000001"),
        executante=executante,
        cnes="1234567",
        data_inicio=date(2025, 3, 1),
        hora_inicio=time(8, 0),
        data_fim=date(2025, 3, 2),
        hora_fim=time(9, 30, 59),
        data_realizacao=date(2025, 3, 1),
        informado=Decimal("1234567.89"),
        itens=(_procedimento(), _despesa()),
        ausencia_cod_validacao="01",
        cod_validacao="V1",
        total_franquia=Decimal("0.10"),
        registro_ans="999999",
    )


def _procedimento() -> Item:
    return Item(
        despesa=False,
        sequencial=1,
        data=date(2025, 3, 1),
        tabela="22",
        codigo="40301010",
        descricao="Hemograma \\ com\ncontagem",
        quantidade=Decimal("99999.9999"),
        valor_unitario=Decimal("0.01"),
        valor_total=Decimal("1000.00"),
        fator=Decimal("1.25"),
        hora_inicial=time(8, 0),
        hora_final=time(8, 15),
        unidade="036",
        via="1",
        tecnica="2",
        codigo_despesa=None,
        centro_consumo="01",
        item_vinculado=None,
        graus="00,01",
        dente="11",
        regiao="AI",
        face="OL",
        quantidade_us=Decimal("12.5000"),
        franquia=Decimal("3.07"),
        autorizado="S",
    )


def _despesa() -> Item:
    return Item(
        despesa=True,
        sequencial=1,
        data=date(2025, 3, 2),
        tabela="19",
        codigo="70001234",
        descricao="Agulha",
        quantidade=Decimal("1.5000"),
        valor_unitario=Decimal("9999999.99"),
        valor_total=Decimal("1233567.89"),
        codigo_despesa="03",
        item_vinculado=1,
    )
