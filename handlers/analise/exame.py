"""As conferências de um resultado: códigos, sinais, tamanhos e a equação da política."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio import listas
from dominio.analise import Politica, Valores, por_item, somar
from dominio.dinheiro import MAIOR_TOTAL, ZERO
from dominio.impedimento import Impedimento
from dominio.impedimentos import (
    CODIGO_DE_OUTRA_VERSAO,
    CODIGO_DESCONHECIDO,
    EQUACAO,
    GLOSA_ACIMA,
    GRAU_INVALIDO,
    ITEM_REPETIDO,
    LIBERADO_ACIMA,
    SOMA_DA_GUIA,
    SOMA_DAS_GLOSAS,
    SOMA_DOS_GRAUS,
    VALOR_GRANDE,
    VALOR_INVALIDO,
    VALOR_NEGATIVO,
)
from dominio.versoes import VERSOES, ordem
from handlers.da_operadora import conferir_texto

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dominio.analise import Glosa, GuiaAnalisada, ItemAnalisado
    from dominio.impedimento import Lugar
    from handlers.analise.conta import Conta

_MAIOR_TEXTO = 500
_MAIOR_QUANTIDADE = Decimal("99999.9999")
_MENOR_QUANTIDADE = Decimal("0.0001")
_DEZ_ALGARISMOS_DESDE = (4, 2, 0)
_MAIOR_ITEM_ANTIGO = Decimal("999999.99")


def maior_do_item(versao: str) -> Decimal:
    """Maior valor de item que a versão comporta, em reais: oito ou dez algarismos."""
    return MAIOR_TOTAL if ordem(versao) >= _DEZ_ALGARISMOS_DESDE else _MAIOR_ITEM_ANTIGO


def da_guia(conta: Conta, politica: Politica, guia: GuiaAnalisada) -> Iterator[Impedimento]:
    """Tudo o que impede o resultado de uma guia de ser registrado."""
    lugar = conta.lugar(guia.posicao)
    yield from _texto(guia.observacao, lugar)
    yield from das_glosas(conta.versao, politica, guia.glosas, lugar)
    for valor in (guia.processado, guia.liberado):
        if valor is not None:
            yield from _valor(valor, MAIOR_TOTAL, lugar)
    if guia.glosa is not None:
        yield from _valor(guia.glosa, MAIOR_TOTAL, lugar, negativo=politica.glosa_negativa)
    for item in guia.itens:
        yield from _do_item(conta, politica, guia.posicao, item)
    yield from _graus(conta, politica, guia)


def das_glosas(
    versao: str, politica: Politica, glosas: Sequence[Glosa], lugar: Lugar
) -> Iterator[Impedimento]:
    """O que impede as glosas de um nível."""
    for glosa in glosas:
        if not listas.tem("dm_tipoGlosa", glosa.codigo, versao):
            algures = any(listas.tem("dm_tipoGlosa", glosa.codigo, v) for v in VERSOES)
            yield Impedimento(CODIGO_DE_OUTRA_VERSAO if algures else CODIGO_DESCONHECIDO, lugar)
        yield from _valor(glosa.valor, MAIOR_TOTAL, lugar, negativo=politica.glosa_negativa)
        yield from _texto(glosa.texto, lugar)


def fechar_guia(
    conta: Conta, politica: Politica, guia: GuiaAnalisada
) -> tuple[Valores, list[Impedimento]]:
    """Os valores de uma guia completa, e o que impede que se publiquem."""
    lugar = conta.lugar(guia.posicao)
    informado = conta.guias[guia.posicao].informado
    soma = somar(politica, por_item(guia.itens).values(), guia.glosas, informado)
    ditos = (guia.processado, guia.liberado, guia.glosa)
    valores = Valores(
        informado, *(s if d is None else d for d, s in zip(ditos, soma[1:], strict=True))
    )
    if politica is not Politica.LIVRE and valores != soma:
        detalhe = "Somam: " + ", ".join(
            f"{nome} {valor}" for nome, valor in soma._asdict().items() if nome != "informado"
        )
        return valores, [Impedimento(SOMA_DA_GUIA, lugar, detalhe + ".")]
    return valores, list(do_nivel(valores, lugar))


def do_nivel(valores: Valores, lugar: Lugar) -> Iterator[Impedimento]:
    """O que impede os totais de uma guia ou do protocolo de se publicarem."""
    if valores.liberado < 0:
        yield Impedimento(GLOSA_ACIMA, lugar)
    if any(abs(valor) > MAIOR_TOTAL for valor in valores):
        yield Impedimento(VALOR_GRANDE, lugar)


def _do_item(
    conta: Conta, politica: Politica, guia: int, item: ItemAnalisado
) -> Iterator[Impedimento]:
    lugar = conta.lugar(guia, item.posicao)
    maior = maior_do_item(conta.versao)
    valores = item.valores
    ruins = [
        *_valor(valores.informado, maior, lugar),
        *_valor(valores.processado, maior, lugar),
        *_valor(valores.liberado, maior, lugar),
        *_valor(valores.glosa, maior, lugar, negativo=politica.glosa_negativa),
        *_quantidade(item.quantidade, lugar),
        *_quantidade(item.quantidade_paga, lugar),
        *das_glosas(conta.versao, politica, item.glosas, lugar),
    ]
    if ruins:
        # somar o que não é número, ou é grande demais, não diz mais nada
        yield from ruins
        return
    if politica is not Politica.LIVRE and valores.glosa != sum(
        (g.valor for g in item.glosas), ZERO
    ):
        yield Impedimento(SOMA_DAS_GLOSAS, lugar)
    elif not politica.liberado_acima and valores.liberado > valores.processado:
        yield Impedimento(LIBERADO_ACIMA, lugar)
    elif not valores.confere(politica):
        yield Impedimento(EQUACAO, lugar, f"Política: {politica}.")


def _graus(conta: Conta, politica: Politica, guia: GuiaAnalisada) -> Iterator[Impedimento]:
    partes: defaultdict[int, list[ItemAnalisado]] = defaultdict(list)
    for item in guia.itens:
        partes[item.posicao].append(item)
    for posicao, dele in partes.items():
        lugar = conta.lugar(guia.posicao, posicao)
        graus = [item.grau for item in dele]
        if len(set(graus)) != len(graus):
            yield Impedimento(ITEM_REPETIDO, lugar)
        if graus == [""]:
            continue
        do_item = (conta.itens[guia.posicao][posicao].graus or "").split(",")
        if not set(graus) <= set(do_item) - {""}:
            yield Impedimento(GRAU_INVALIDO, lugar)
        informado = sum((item.valores.informado for item in dele), ZERO)
        if politica is not Politica.LIVRE and (
            informado != conta.informados[guia.posicao][posicao]
        ):
            yield Impedimento(SOMA_DOS_GRAUS, lugar)


def _valor(
    valor: Decimal, maior: Decimal, lugar: Lugar, *, negativo: bool = False
) -> Iterator[Impedimento]:
    if not valor.is_finite():
        yield Impedimento(VALOR_INVALIDO, lugar)
    elif abs(valor) > maior:
        yield Impedimento(VALOR_GRANDE, lugar, f"O maior é {maior}.")
    elif valor != valor.quantize(ZERO):
        yield Impedimento(VALOR_INVALIDO, lugar)
    elif valor < 0 and not negativo:
        yield Impedimento(VALOR_NEGATIVO, lugar)


def _quantidade(quantidade: Decimal, lugar: Lugar) -> Iterator[Impedimento]:
    limpa = quantidade.is_finite() and 0 <= quantidade <= _MAIOR_QUANTIDADE
    if not limpa or quantidade != quantidade.quantize(_MENOR_QUANTIDADE):
        yield Impedimento(VALOR_INVALIDO, lugar, "Campo: quantidade.")


def _texto(texto: str | None, lugar: Lugar) -> Iterator[Impedimento]:
    try:
        conferir_texto(texto, _MAIOR_TEXTO, lugar)
    except Impedimento as impedimento:
        yield impedimento
