"""Pagamento como valores: débitos e créditos, retenções, rateio e o líquido.

Fonte: ``ct_descontos``, ``ct_pagamentoDados`` e ``ctm_demonstrativoPagamento``.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO, centavos, reais

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_CEM = Decimal(100)
MAIOR_DESCRICAO = 40
"""Caracteres de ``descricaoDbCr``."""


class Forma(StrEnum):
    """``dm_formaPagamento``."""

    DEPOSITO = "1"
    CARTEIRA = "2"
    BOLETO = "3"
    DINHEIRO = "4"


class Indicador(StrEnum):
    """``dm_debitoCreditoIndicador``."""

    DEBITO = "1"
    CREDITO = "2"


class TipoLancamento(StrEnum):
    """``dm_debitoCreditoTipo``."""

    IRRF = "01"
    ISS = "02"
    INSS = "03"
    PIS = "04"
    COFINS = "05"
    CSLL = "06"
    DESCONTO_FINANCEIRO = "07"
    AJUSTE_ANTERIOR = "08"
    DETERMINACAO_JUDICIAL = "09"


TRIBUTOS = (
    TipoLancamento.IRRF,
    TipoLancamento.ISS,
    TipoLancamento.INSS,
    TipoLancamento.PIS,
    TipoLancamento.COFINS,
    TipoLancamento.CSLL,
)
"""Os que se retêm do que se paga."""


def conferir_retencoes(percentuais: Mapping[TipoLancamento, Decimal]) -> None:
    """Os percentuais podem reter-se de um pagamento.

    Raises:
        ValueError: há um que não é tributo, ou somam mais do que o que se paga.
    """
    if not set(percentuais) <= set(TRIBUTOS):
        raise ValueError("só se retêm tributos, de 01 a 06")
    if sum(percentuais.values()) > _CEM:
        raise ValueError("somam mais do que o que se paga")


class TipoPagamento(StrEnum):
    """``dm_tipoPagamento``: do que a parte de um pagamento vem."""

    INICIAL = "1"
    RECURSO = "2"


class EstadoPagamento(StrEnum):
    """Por onde um pagamento passa."""

    PREVISTO = "previsto"
    CONFIRMADO = "confirmado"
    ESTORNADO = "estornado"
    CANCELADO = "cancelado"


class EstadoNota(StrEnum):
    """Por onde uma nota fiscal passa."""

    RASCUNHO = "rascunho"
    EM_ANALISE = "em-analise"
    ACEITA = "aceita"
    RECUSADA = "recusada"


class Nivel(StrEnum):
    """Onde um débito ou crédito aparece no demonstrativo de pagamento."""

    DATA = "data"
    DEMONSTRATIVO = "demonstrativo"


class Desconto(NamedTuple):
    """Um débito ou crédito.

    Attributes:
        indicador: débito ou crédito.
        tipo: do que é.
        descricao: até 40 caracteres.
        valor: reais, maior que zero.
        nivel: se é da data de pagamento ou do demonstrativo.
    """

    indicador: Indicador
    tipo: TipoLancamento
    descricao: str
    valor: Decimal
    nivel: Nivel = Nivel.DATA


class Liquido(NamedTuple):
    """Totais de um pagamento em reais: ``liquido`` = ``bruto`` - ``debitos`` + ``creditos``."""

    bruto: Decimal
    debitos: Decimal
    creditos: Decimal
    liquido: Decimal


def apurar(bruto: Decimal, descontos: Iterable[Desconto]) -> Liquido:
    """O que se recebe de um bruto com os seus débitos e créditos."""
    debitos = creditos = ZERO
    for desconto in descontos:
        if desconto.indicador is Indicador.DEBITO:
            debitos += desconto.valor
        else:
            creditos += desconto.valor
    return Liquido(bruto, debitos, creditos, bruto - debitos + creditos)


def retencoes(base: Decimal, percentuais: Mapping[TipoLancamento, Decimal]) -> tuple[Desconto, ...]:
    """Os tributos retidos de uma base, cada um arredondado ao centavo; os nulos ficam de fora.

    Args:
        base: reais.
        percentuais: tributo -> percentual, como ``1.5``.
    """
    calculadas = (
        (tipo, (base * percentual / _CEM).quantize(ZERO, ROUND_HALF_UP))
        for tipo, percentual in sorted(percentuais.items())
    )
    return tuple(
        Desconto(Indicador.DEBITO, tipo, f"Retenção de {tipo.name}", valor)
        for tipo, valor in calculadas
        if valor > 0
    )


def ratear(valor: Decimal, pesos: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Reparte um valor em proporção aos pesos, ao centavo; a soma das partes é o valor.

    Nenhuma parte passa do seu peso quando o valor não passa da soma deles. Os centavos que sobram
    vão aos maiores restos e, entre iguais, aos primeiros.

    Args:
        valor: reais, de qualquer sinal.
        pesos: reais, nenhum negativo; todos zero só com valor zero.

    Raises:
        ValueError: se há o que repartir e nenhum peso.
    """
    alvo = abs(centavos(valor))
    inteiros = [centavos(peso) for peso in pesos]
    total = sum(inteiros)
    if total == 0:
        if alvo:
            raise ValueError("há um valor a repartir e nenhum peso")
        return tuple(ZERO for _ in pesos)
    partes = [alvo * peso // total for peso in inteiros]
    sobra = alvo - sum(partes)
    por_resto = sorted(range(len(partes)), key=lambda n: -(alvo * inteiros[n] % total))
    for n in por_resto[:sobra]:
        partes[n] += 1
    sinal = -1 if valor < 0 else 1
    return tuple(reais(sinal * parte) for parte in partes)


def devolver(retido: Decimal, bruto: Decimal, antes: Decimal, depois: Decimal) -> Decimal:
    """Quanto do retido se devolve quando o estornado passa de ``antes`` a ``depois``.

    A soma das devoluções de estornos sucessivos que chegam ao bruto é exatamente o retido.

    Args:
        retido: reais retidos do pagamento.
        bruto: reais pagos, maior que zero.
        antes: reais já estornados.
        depois: reais estornados com este.
    """

    def ate(estornado: Decimal) -> Decimal:
        return (retido * estornado / bruto).quantize(ZERO, ROUND_HALF_UP)

    return ate(depois) - ate(antes)
