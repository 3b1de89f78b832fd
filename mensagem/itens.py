"""Um item com os seus motivos, como recibo e situação o repetem.

Fonte: ``procedimentosRealizados`` de ``ct_guiaDados`` e de ``ct_guiaDadosOdonto``. O esquema só
deixa dizer o motivo de um item repetindo o item inteiro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio import listas, terminologia
from dominio.dinheiro import ZERO, cabe
from dominio.dinheiro import texto as reais
from dominio.textos import para_mensagem
from dominio.versoes import ordem
from mensagem.escrita import elemento, motivo, opcional

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import time
    from decimal import Decimal

    from dominio.lote import Item


class Motivo(NamedTuple):
    """Um motivo de glosa ou crítica: código da versão e texto."""

    codigo: str
    texto: str


class ItemCriticado(NamedTuple):
    """Um item e o que se diz dele."""

    item: Item
    motivos: list[Motivo]


_VALORES_MAIORES = (4, 2, 0)
"""Versão em que os valores de item passaram de 8 para 10 dígitos."""


def codigo_opcional(nome: str, lista: str, codigo: str | None, versao: str) -> str | None:
    """Um eco opcional; o código que a versão não tem é omitido."""
    if codigo is None or not listas.tem(lista, codigo, versao):
        return None
    return elemento(nome, texto=codigo)


def cabe_na_versao(item: Item, versao: str) -> bool:
    """Diz se a versão pode repetir o item: tamanho dos valores e códigos obrigatórios."""
    digitos = 10 if ordem(versao) >= _VALORES_MAIORES else 8
    if not (cabe(item.valor_unitario, digitos) and cabe(item.valor_total, digitos)):
        return False
    if ordem(versao) < (4,) and item.quantidade >= 10**4:
        return False
    return listas.tem("dm_tabela", item.tabela, versao)


def procedimentos(itens: Sequence[ItemCriticado], versao: str, *, odonto: bool) -> str | None:
    """``procedimentosRealizados``, ou nada quando nenhum item tem motivo."""
    if not itens:
        return None
    campos = _campos_odonto if odonto else _campos
    return elemento(
        "procedimentosRealizados",
        *(
            elemento("procedimentoRealizado", *campos(i.item, versao), _glosas(i.motivos))
            for i in itens
        ),
    )


def _glosas(motivos: list[Motivo]) -> str:
    return elemento(
        "glosasProcedimento",
        *(motivo(m.codigo, m.texto, "motivoGlosa") for m in motivos),
        # o valor só a análise dirá
        elemento("valorGlosaProcedimento", texto=reais(ZERO)),
    )


def _campos(item: Item, versao: str) -> list[str | None]:
    return [
        elemento("sequencialItem", texto=str(item.sequencial)),
        elemento("dataExecucao", texto=item.data.isoformat()),
        opcional("horaInicial", _hora(item.hora_inicial)),
        opcional("horaFinal", _hora(item.hora_final)),
        _procedimento(item),
        codigo_opcional("unidadeMedida", "dm_unidadeMedida", item.unidade, versao),
        elemento("quantidadeExecutada", texto=_decimal(item.quantidade)),
        codigo_opcional("viaAcesso", "dm_viaDeAcesso", item.via, versao),
        codigo_opcional("tecnicaUtilizada", "dm_tecnicaUtilizada", item.tecnica, versao),
        elemento("valorUnitario", texto=reais(item.valor_unitario)),
        elemento("valorTotal", texto=reais(item.valor_total)),
        codigo_opcional("codigoDespesa", "dm_outrasDespesas", item.codigo_despesa, versao),
        None if item.fator is None else elemento("fatorReducaoAcrescimo", texto=reais(item.fator)),
    ]


def _campos_odonto(item: Item, versao: str) -> list[str | None]:
    lugar = codigo_opcional("codDente", "dm_dente", item.dente, versao)
    if lugar is None:
        lugar = codigo_opcional("codRegiao", "dm_regiao", item.regiao, versao)
    return [
        elemento("sequencialItem", texto=str(item.sequencial)),
        _procedimento(item),
        None if lugar is None else elemento("denteRegiao", lugar),
        opcional("denteFace", item.face),
        elemento("valorProc", texto=reais(item.valor_total)),
        elemento("dataRealizacao", texto=item.data.isoformat()),
    ]


def _procedimento(item: Item) -> str:
    # a consulta não traz descrição, que aqui é obrigatória
    descricao = (
        item.descricao
        or terminologia.descricao_procedimento(item.tabela, item.codigo)
        or item.codigo
    )
    return elemento(
        "procedimento",
        elemento("codigoTabela", texto=item.tabela),
        elemento("codigoProcedimento", texto=para_mensagem(item.codigo, 10)),
        elemento("descricaoProcedimento", texto=para_mensagem(descricao, 150)),
    )


def _hora(quando: time | None) -> str | None:
    return None if quando is None else quando.isoformat()


def _decimal(valor: Decimal) -> str:
    return f"{valor:.4f}".rstrip("0").rstrip(".")
