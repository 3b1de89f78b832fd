"""A leitura da resposta a um pedido de demonstrativo.

Fonte: ``ct_demonstrativoRetorno``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from prestador.demonstrativos import (
    AindaNao,
    AnaliseDeConta,
    DemonstrativoDePagamento,
    GuiaDemonstrada,
    ItemDemonstrado,
    Pago,
    Quatro,
    RetornoDeDemonstrativo,
)
from prestador.respostas import Motivo, RespostaInvalida

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"


def ler_demonstrativos(corpo: etree._Element) -> RetornoDeDemonstrativo:
    """Lê ``demonstrativoRetorno``, ou ``demonstrativosRetorno`` de um arquivo.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    primeiro = corpo[0]
    nome = str(primeiro.tag).removeprefix(_Q)
    if nome == "mensagemErro":
        return RetornoDeDemonstrativo(erro=_motivo(primeiro))
    if nome == "situacaoDemonstrativoRetorno":
        return RetornoDeDemonstrativo(
            ainda_nao=AindaNao(
                _texto(primeiro, "numeroProtocolo"),
                _texto(primeiro, "protocoloSolicitacaoDemonstrativo"),
                _data(primeiro, "dataSituacaoDemonstrativo"),
                int(_texto(primeiro, "situacaoDemonstrativo")),
            )
        )
    if nome == "demonstrativoPagamento":
        return RetornoDeDemonstrativo(pagamento=_pagamento(primeiro))
    if nome == "demonstrativoPagamentoOdonto":
        return RetornoDeDemonstrativo(pagamento=_odonto(primeiro))
    return RetornoDeDemonstrativo(tuple(_analise(filho) for filho in corpo))


def _analise(d: etree._Element) -> AnaliseDeConta:
    conta = _filho(d, "dadosConta/dadosProtocolo")
    do_protocolo = conta.find(f"{_Q}GlosaProtocolo")
    return AnaliseDeConta(
        numero=_texto(d, "cabecalhoDemonstrativo/numeroDemonstrativo"),
        registro_ans=_texto(d, "cabecalhoDemonstrativo/registroANS"),
        emissao=_data(d, "cabecalhoDemonstrativo/dataEmissao"),
        prestador=_filho(d, "dadosPrestador/dadosContratado")[0].text or "",
        lote=_texto(conta, "numeroLotePrestador"),
        protocolo=_texto(conta, "numeroProtocolo"),
        situacao=int(_texto(conta, "situacaoProtocolo")),
        motivo=None if do_protocolo is None else _motivo(do_protocolo),
        guias=tuple(_guia(g) for g in conta.iterfind(f"{_Q}relacaoGuias")),
        valores=_quatro(conta, "Protocolo"),
        geral=_quatro(d, "Geral"),
        observacao=d.findtext(f"{_Q}observacao"),
    )


def _guia(g: etree._Element) -> GuiaDemonstrada:
    return GuiaDemonstrada(
        numero=_texto(g, "numeroGuiaPrestador"),
        numero_operadora=g.findtext(f"{_Q}numeroGuiaOperadora"),
        carteira=_texto(g, "numeroCarteira"),
        inicio=_data(g, "dataInicioFat"),
        situacao=int(_texto(g, "situacaoGuia")),
        valores=_quatro(g, "Guia"),
        itens=tuple(_item(i) for i in g.iterfind(f"{_Q}detalhesGuia")),
        motivos=tuple(_motivo(m) for m in g.iterfind(f"{_Q}motivoGlosaGuia")),
    )


def _item(i: etree._Element) -> ItemDemonstrado:
    glosas = tuple(
        (_texto(g, "tipoGlosa"), _reais(g, "valorGlosa")) for g in i.iterfind(f"{_Q}relacaoGlosa")
    )
    return ItemDemonstrado(
        sequencial=int(_texto(i, "sequencialItem")),
        data=_data(i, "dataRealizacao"),
        tabela=_texto(i, "procedimento/codigoTabela"),
        codigo=_texto(i, "procedimento/codigoProcedimento"),
        grau=i.findtext(f"{_Q}grauParticipacao"),
        quantidade=_reais(i, "qtdExecutada"),
        valores=Quatro(
            _reais(i, "valorInformado"),
            _reais(i, "valorProcessado"),
            _reais(i, "valorLiberado"),
            sum((valor for _, valor in glosas), Decimal("0.00")),
        ),
        glosas=glosas,
    )


def _pagamento(d: etree._Element) -> DemonstrativoDePagamento:
    totais = _filho(d, "totaisDemonstrativo")
    return DemonstrativoDePagamento(
        _texto(d, "cabecalhoDemonstrativo/numeroDemonstrativo"),
        odonto=False,
        pagamentos=tuple(
            Pago(
                _data(p, "dadosPagamento/dataPagamento"),
                tuple(
                    (_texto(r, "numeroProtocolo"), _reais(r, "valorLiberado"))
                    for r in p.iterfind(f"{_Q}dadosResumo/{_Q}relacaoProtocolos")
                ),
                _reais(p, "totaisBrutosPorData/totaLiberadoPorData"),
                _reais(p, "totaisLiquidosPorData/totalDebitosPorData"),
                _reais(p, "totaisLiquidosPorData/totalCreditosPorData"),
                _reais(p, "totaisLiquidosPorData/liquidoPorData"),
            )
            for p in d.iterfind(f"{_Q}pagamentos/{_Q}pagamentosPorData")
        ),
        bruto=_reais(totais, "totaisBrutosDemonstrativo/valorLiberadoBruto"),
        debitos=_reais(totais, "totaisLiquidosDemonstrativo/totalDebitosDemonstrativo"),
        creditos=_reais(totais, "totaisLiquidosDemonstrativo/totalCreditosdemonstrativo"),
        liquido=_reais(totais, "totaisLiquidosDemonstrativo/valorLiberadoDemonstrativo"),
    )


def _odonto(d: etree._Element) -> DemonstrativoDePagamento:
    return DemonstrativoDePagamento(
        _texto(d, "cabecalhoDemonstrativoOdonto/numeroDemonstrativo"),
        odonto=True,
        pagamentos=tuple(
            Pago(
                _data(p, "dadosPagamento/dataPagamento"),
                tuple(
                    (
                        _texto(r, "numeroProtocolo"),
                        _reais(r, "totaisPorProtocolo/valorTotalLiberadoPorProtocolo"),
                    )
                    for r in p.iterfind(f"{_Q}protocolos")
                ),
                _reais(p, "totaisPorData/valorBrutoLiberadoPorData"),
                _reais(p, "totalLiquidoPorData/valorTotalDebitosPorData"),
                _reais(p, "totalLiquidoPorData/valorTotalCreditosPorData"),
                _reais(p, "totalLiquidoPorData/valorFinalAReceberPorData"),
            )
            for p in d.iterfind(f"{_Q}dadosPagamentoPorData")
        ),
        bruto=_reais(d, "totaisBrutoDemonstrativo/valorLiberadoPorDemonstrativo"),
        debitos=_reais(d, "totalDebitosDemonstativo"),
        creditos=_reais(d, "totalCreditosDemonstrativo"),
        liquido=_reais(d, "valorRecebidoDemonstrativo"),
    )


def _quatro(pai: etree._Element, nivel: str) -> Quatro:
    return Quatro(
        _reais(pai, f"valorInformado{nivel}"),
        _reais(pai, f"valorProcessado{nivel}"),
        _reais(pai, f"valorLiberado{nivel}"),
        _reais(pai, f"valorGlosa{nivel}"),
    )


def _motivo(m: etree._Element) -> Motivo:
    return Motivo(_texto(m, "codigoGlosa"), m.findtext(f"{_Q}descricaoGlosa"))


def _filho(pai: etree._Element, caminho: str) -> etree._Element:
    achado = pai.find("/".join(_Q + nome for nome in caminho.split("/")))
    if achado is None:
        raise RespostaInvalida(f"falta {caminho} na resposta")
    return achado


def _texto(pai: etree._Element, caminho: str) -> str:
    return _filho(pai, caminho).text or ""


def _data(pai: etree._Element, caminho: str) -> date:
    return date.fromisoformat(_texto(pai, caminho))


def _reais(pai: etree._Element, caminho: str) -> Decimal:
    return Decimal(_texto(pai, caminho))
