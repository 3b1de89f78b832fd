"""Demonstrativos do lado do prestador: o pedido em cada versão e o que a resposta diz.

Fonte: ``ct_demonstrativoSolicitacao`` e ``ct_demonstrativoRetorno``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from prestador.respostas import Motivo
    from prestador.valores import Corpo, Identificado

PAGAMENTO, ODONTO = "1", "3"
"""``dm_tipoDemonstrativoPagamento``."""


@dataclass(frozen=True, slots=True)
class Quatro:
    """Informado, processado, liberado e glosa, em reais."""

    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal


@dataclass(frozen=True, slots=True)
class ItemDemonstrado:
    """Um item de uma guia.

    Attributes:
        sequencial: ``sequencialItem``.
        glosas: código e valor em reais, na ordem da resposta.
    """

    sequencial: int
    data: date
    tabela: str
    codigo: str
    grau: str | None
    quantidade: Decimal
    valores: Quatro
    glosas: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class GuiaDemonstrada:
    """Uma guia da análise de conta.

    Attributes:
        itens: os que a operadora mostra; os totais são de todos.
        motivos: glosas da guia inteira.
    """

    numero: str
    numero_operadora: str | None
    carteira: str
    inicio: date
    situacao: int
    valores: Quatro
    itens: tuple[ItemDemonstrado, ...]
    motivos: tuple[Motivo, ...]


@dataclass(frozen=True, slots=True)
class AnaliseDeConta:
    """Um ``demonstrativoAnaliseConta``.

    Attributes:
        numero: do demonstrativo.
        registro_ans: da operadora.
        prestador: identificação, como a resposta a repete.
        motivo: glosa do protocolo inteiro.
        geral: totais em reais.
    """

    numero: str
    registro_ans: str
    emissao: date
    prestador: str
    lote: str
    protocolo: str
    situacao: int
    motivo: Motivo | None
    guias: tuple[GuiaDemonstrada, ...]
    valores: Quatro
    geral: Quatro
    observacao: str | None


@dataclass(frozen=True, slots=True)
class Pago:
    """Um pagamento de um demonstrativo, em reais.

    Attributes:
        protocolos: número e liberado, na ordem da resposta.
        liquido: o que se recebe.
    """

    data: date
    protocolos: tuple[tuple[str, Decimal], ...]
    bruto: Decimal
    debitos: Decimal
    creditos: Decimal
    liquido: Decimal


@dataclass(frozen=True, slots=True)
class DemonstrativoDePagamento:
    """Um ``demonstrativoPagamento``, ou o de odontologia.

    Attributes:
        liquido: o que se recebe ao todo, em reais.
    """

    numero: str
    odonto: bool
    pagamentos: tuple[Pago, ...]
    bruto: Decimal
    debitos: Decimal
    creditos: Decimal
    liquido: Decimal


@dataclass(frozen=True, slots=True)
class AindaNao:
    """``situacaoDemonstrativoRetorno``: o demonstrativo que ainda não há.

    Attributes:
        numero: ``protocoloSolicitacaoDemonstrativo``.
    """

    protocolo: str
    numero: str
    data: date
    situacao: int


@dataclass(frozen=True, slots=True)
class RetornoDeDemonstrativo:
    """Resposta a um pedido de demonstrativo: uma só das quatro coisas."""

    analises: tuple[AnaliseDeConta, ...] = ()
    pagamento: DemonstrativoDePagamento | None = None
    ainda_nao: AindaNao | None = None
    erro: Motivo | None = None


def corpo_analise(
    versao: str, prestador: Identificado, protocolos: Sequence[str], dia: date
) -> Corpo:
    """Conteúdo de ``solicitacaoDemonstrativoRetorno`` que pede a análise de 1 a 30 protocolos."""
    return {
        "demonstrativoAnalise": {
            "dadosPrestador": prestador.contratado(versao),
            "dataSolicitacao": dia.isoformat(),
            "protocolos": {"numeroProtocolo": list(protocolos)},
        }
    }


def corpo_pagamento(
    versao: str,
    prestador: Identificado,
    periodo: date | str,
    dia: date,
    *,
    tipo: str = PAGAMENTO,
) -> Corpo:
    """Conteúdo de ``solicitacaoDemonstrativoRetorno`` que pede o pagamento.

    Args:
        versao: do padrão.
        prestador: quem pede.
        periodo: o dia do pagamento, ou a competência ``AAAAMM``.
        dia: do pedido.
        tipo: ``PAGAMENTO`` ou ``ODONTO``.
    """
    quando: Corpo = (
        {"competencia": periodo}
        if isinstance(periodo, str)
        else {"dataPagamento": periodo.isoformat()}
    )
    return {
        "demonstrativoPagamento": {
            "dadosPrestador": prestador.contratado(versao),
            "dataSolicitacao": dia.isoformat(),
            "tipoDemonstrativo": tipo,
            "periodo": quando,
        }
    }
