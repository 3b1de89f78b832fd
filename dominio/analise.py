"""O resultado da análise de uma conta como valores, e as políticas que o conferem.

Informado, processado, liberado e glosa são quatro valores em cada nível. Como se ligam muda de
operadora para operadora: a política diz a equação dos itens; guias e protocolo somam o que têm
dentro, mais as glosas do próprio nível.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO
from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from dominio.lote import Item


class Politica(StrEnum):
    """Como os quatro valores de um item se ligam."""

    PADRAO = "padrao"
    """processado = liberado + glosa."""
    SOBRE_INFORMADO = "glosa-sobre-informado"
    """glosa = informado - liberado, que pode passar do processado."""
    COM_SINAL = "glosa-com-sinal"
    """glosa = informado - liberado, negativa quando se libera mais do que se apresentou."""
    A_PARTE = "glosa-a-parte"
    """processado = liberado, e a glosa corre por fora."""
    LIVRE = "livre"
    """Os valores são os que a análise deu, sem equação."""

    @property
    def glosa_negativa(self) -> bool:
        """Se uma glosa pode ter valor negativo."""
        return self in (Politica.COM_SINAL, Politica.LIVRE)

    @property
    def liberado_acima(self) -> bool:
        """Se o liberado pode passar do processado."""
        return self in (Politica.COM_SINAL, Politica.LIVRE)


class Valores(NamedTuple):
    """Os quatro valores de um nível, em reais."""

    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal

    def confere(self, politica: Politica) -> bool:
        """Diz se os valores de um item obedecem à equação da política."""
        match politica:
            case Politica.PADRAO:
                return self.processado == self.liberado + self.glosa
            case Politica.SOBRE_INFORMADO | Politica.COM_SINAL:
                return self.glosa == self.informado - self.liberado
            case Politica.A_PARTE:
                return self.processado == self.liberado
            case Politica.LIVRE:
                return True


VAZIOS = Valores(ZERO, ZERO, ZERO, ZERO)


class Glosa(NamedTuple):
    """Uma glosa, do nível em que está.

    Attributes:
        codigo: da tabela 38.
        valor: reais; 0.00 quando o código não tem valor próprio.
        texto: justificativa da operadora.
    """

    codigo: str
    valor: Decimal
    texto: str | None = None


class ItemAnalisado(NamedTuple):
    """O resultado de um item, ou da parte de um grau de participação dele.

    Attributes:
        posicao: do item na guia, a partir de 1.
        valores: reais.
        quantidade: executada, como se analisou.
        quantidade_paga: a que se libera.
        glosas: do item ou da parte.
        grau: ``dm_grauPart`` da parte; vazio é o item inteiro.
    """

    posicao: int
    valores: Valores
    quantidade: Decimal
    quantidade_paga: Decimal
    glosas: tuple[Glosa, ...] = ()
    grau: str = ""


class GuiaAnalisada(NamedTuple):
    """O resultado de uma guia.

    Attributes:
        posicao: no lote, a partir de 1.
        itens: os que já têm resultado, pela posição e pelo grau.
        glosas: da guia inteira; as dos itens estão neles.
        processado: reais ditos pela análise; ausente é a soma dos itens.
        liberado: idem.
        glosa: idem.
        observacao: texto para o prestador.
    """

    posicao: int
    itens: tuple[ItemAnalisado, ...] = ()
    glosas: tuple[Glosa, ...] = ()
    processado: Decimal | None = None
    liberado: Decimal | None = None
    glosa: Decimal | None = None
    observacao: str | None = None


def somar(
    politica: Politica, partes: Iterable[Valores], glosas: Sequence[Glosa], informado: Decimal
) -> Valores:
    """Valores de um nível: a soma das suas partes com as glosas do próprio nível.

    Args:
        politica: diz se a glosa do nível sai do liberado ou corre por fora.
        partes: valores do nível de baixo.
        glosas: do próprio nível.
        informado: do próprio nível, que não é a soma das partes.
    """
    proprias = sum((g.valor for g in glosas), ZERO)
    processado = liberado = glosa = ZERO
    for parte in partes:
        processado += parte.processado
        liberado += parte.liberado
        glosa += parte.glosa
    tirado = ZERO if politica is Politica.A_PARTE else proprias
    return Valores(informado, processado, liberado - tirado, glosa + proprias)


def por_item(itens: Iterable[ItemAnalisado]) -> dict[int, Valores]:
    """Valores de cada item: a soma dos seus graus de participação."""
    somas: dict[int, Valores] = {}
    for item in itens:
        antes = somas.get(item.posicao, VAZIOS)
        somas[item.posicao] = Valores(*(a + b for a, b in zip(antes, item.valores, strict=True)))
    return somas


def informado_dos_itens(
    tipo: TipoGuia, itens: Mapping[int, Item], da_guia: Decimal
) -> dict[int, Decimal]:
    """Valor informado de cada item de uma guia, em reais, pela posição.

    Em odontologia o padrão não diz se o valor do procedimento é de um ou de todos: vale a leitura
    que soma o total da guia.
    """
    ditos = {posicao: item.valor_total for posicao, item in itens.items()}
    if tipo is not TipoGuia.ODONTO or sum(ditos.values(), ZERO) == da_guia:
        return ditos
    todos = {posicao: item.quantidade * item.valor_total for posicao, item in itens.items()}
    if sum(todos.values(), ZERO) != da_guia:
        return ditos
    return {posicao: valor.quantize(ZERO) for posicao, valor in todos.items()}


def integral(posicao: int, item: Item, informado: Decimal) -> ItemAnalisado:
    """O resultado de um item liberado como foi informado."""
    valores = Valores(informado, informado, informado, ZERO)
    return ItemAnalisado(posicao, valores, item.quantidade, item.quantidade)
