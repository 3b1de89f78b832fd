"""Guias e itens inventados com que se examinam as regras, sem banco."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dominio.lote import Beneficiario, Guia, Identificacao, Item, Lote, TipoGuia
from handlers.lote_guias.exame import Exame

if TYPE_CHECKING:
    from handlers.regras import Achado, Regra

HOJE = date(2026, 11, 22)
EU = Identificacao("codigo", "013950")


def item(**campos: Any) -> Item:
    """Um item de R$ 10,00 executado há três semanas."""
    return Item(
        **{
            "despesa": False,
            "sequencial": 1,
            "data": date(2026, 11, 1),
            "tabela": "22",
            "codigo": "40301010",
            "descricao": "Exame",
            "quantidade": Decimal(1),
            "valor_unitario": Decimal("10.00"),
            "valor_total": Decimal("10.00"),
            **campos,
        }
    )


def guia(**campos: Any) -> Guia:
    """Uma guia certa de um item."""
    return Guia(
        **{
            "numero_prestador": "1001",
            "numero_operadora": None,
            "guia_principal": None,
            "senha": None,
            "beneficiario": Beneficiario("00123", "N"),
            "executante": EU,
            "cnes": None,
            "data_inicio": date(2026, 11, 1),
            "hora_inicio": None,
            "data_fim": None,
            "hora_fim": None,
            "data_realizacao": date(2026, 11, 1),
            "informado": Decimal("10.00"),
            "itens": (item(),),
            "registro_ans": "999999",
            **campos,
        }
    )


def exame(*guias: Guia, numero: str = "1", tipo: TipoGuia = TipoGuia.SADT, **campos: Any) -> Exame:
    """O exame de um lote de guias do próprio remetente."""
    return Exame(
        lote=Lote(numero, tipo, guias or (guia(),)),
        **{
            "versao": "4.03.00",
            "registro_ans": "999999",
            "hoje": HOJE,
            "prestadores": frozenset({7}),
            "executantes": {EU: 7},
            **campos,
        },
    )


def achados(regra: Regra[Exame], do_exame: Exame, tolerancia: int | None = None) -> list[Achado]:
    """O que a regra acha, com a tolerância padrão se não se diz outra."""
    if tolerancia is None and regra.tolerancia is not None:
        tolerancia = regra.tolerancia.padrao
    return list(regra.conferir(do_exame, tolerancia))
