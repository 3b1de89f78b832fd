"""Os itens de uma guia: procedimentos, com a equipe, e outras despesas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.lote import Item
from dominio.transacoes import NS_TISS
from handlers.lote_guias.campos import (
    campos_de,
    data_obrigatoria,
    decimal_opcional,
    filho_de,
    hora_opcional,
    ler_inteiro,
    ler_valor,
)

if TYPE_CHECKING:
    from datetime import date

    from lxml import etree

    from handlers.lote_guias.campos import Campos, Filhos

_Q = f"{{{NS_TISS}}}"
_N = len(_Q)
_PROCEDIMENTO = f"{_Q}procedimento"


def _item(
    c: Campos,
    procedimento: tuple[str | None, str | None, str | None],
    sequencial: str | None,
    *,
    despesa: bool,
    graus: str | None = None,
) -> Item:
    """Um item de preço: o que procedimentos e outras despesas dizem do mesmo modo."""
    tabela, codigo, descricao = procedimento
    pedir = c.get
    vinculado = pedir("itemVinculado")
    # pela posição, que é bem mais barato do que pelo nome: é o que mais se faz num lote
    return Item(
        despesa,
        ler_inteiro(sequencial),
        data_obrigatoria(c["dataExecucao"]),
        tabela or "",
        codigo or "",
        descricao,
        ler_valor(c["quantidadeExecutada"]),
        ler_valor(c["valorUnitario"]),
        ler_valor(c["valorTotal"]),
        decimal_opcional(pedir("reducaoAcrescimo")),
        hora_opcional(pedir("horaInicial")),
        hora_opcional(pedir("horaFinal")),
        pedir("unidadeMedida"),
        pedir("viaAcesso"),
        pedir("tecnicaUtilizada"),
        pedir("codigoDespesa"),
        pedir("centroConsumo"),
        None if vinculado is None else ler_inteiro(vinculado),
        graus,
    )


def ler_procedimento(elemento: etree._Element, equipe: str, grau: str) -> Item:
    """Um procedimento, os seus campos e os graus da sua equipe, numa só volta pelos filhos."""
    campos: Campos = {}
    dados: tuple[str | None, str | None, str | None] = (None, None, None)
    graus: list[str] = []
    for filho in elemento:
        tag = str(filho.tag)
        if tag == _PROCEDIMENTO:
            tabela, codigo, descricao = filho
            dados = (tabela.text, codigo.text, descricao.text)
        elif tag == equipe:
            graus += [g.text or "" for g in filho.iter(grau)]
        else:
            campos[tag[_N:]] = filho.text
    return _item(
        campos, dados, campos.get("sequencialItem"), despesa=False, graus=",".join(graus) or None
    )


def _despesa(elemento: etree._Element) -> Item:
    externos = campos_de(elemento)
    c = externos | campos_de(filho_de(elemento, "servicosExecutados"))
    dados = (c["codigoTabela"], c["codigoProcedimento"], c["descricaoProcedimento"])
    return _item(c, dados, externos.get("sequencialItem"), despesa=True)


def ler_itens(guia: Filhos, equipe: str, grau: str) -> tuple[Item, ...]:
    """Os procedimentos e as despesas de uma guia, nessa ordem."""
    procedimentos, despesas = guia.get("procedimentosExecutados"), guia.get("outrasDespesas")
    itens: list[Item] = []
    if procedimentos is not None:
        itens += [ler_procedimento(e, equipe, grau) for e in procedimentos]
    if despesas is not None:
        itens += [_despesa(e) for e in despesas]
    return tuple(itens)


def primeira_data(itens: tuple[Item, ...]) -> date | None:
    """A data do primeiro item que se fez; ausente sem itens."""
    return min((i.data for i in itens), default=None)


def ler_procedimento_odonto(elemento: etree._Element) -> Item:
    """Um procedimento de odontologia, com o dente ou a região."""
    c = campos_de(elemento)
    p = campos_de(filho_de(elemento, "procSolic"))
    lugar = campos_de(filho_de(elemento, "denteRegiao"))
    quantidade = ler_valor(c["qtdProc"])
    valor = ler_valor(c["valorProc"])
    return Item(
        despesa=False,
        sequencial=ler_inteiro(c.get("sequencialItem")),
        data=data_obrigatoria(c["dataRealizacao"]),
        tabela=p["codigoTabela"] or "",
        codigo=p["codigoProcedimento"] or "",
        descricao=p["descricaoProcedimento"],
        quantidade=quantidade,
        valor_unitario=valor,
        valor_total=valor,
        dente=lugar.get("codDente"),
        regiao=lugar.get("codRegiao"),
        face=c.get("denteFace"),
        quantidade_us=decimal_opcional(c.get("qtdUS")),
        franquia=decimal_opcional(c.get("valorFranquia")),
        autorizado=c.get("autorizado"),
    )
