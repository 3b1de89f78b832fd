"""``demonstrativoPagamento``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.demonstrativo.escrita.conta import cabecalho
from handlers.demonstrativo.escrita.forma import CONTRATADO, exato, livre, opcional, texto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dominio.pagamento import Desconto
    from handlers.demonstrativo.escrita.forma import Forma
    from handlers.demonstrativo.modelo import (
        DemonstrativoPagamento,
        GuiaPaga,
        PagamentoDaData,
        ProtocoloPago,
    )


def escrever(d: DemonstrativoPagamento, forma: Forma) -> str:
    """O demonstrativo com lacunas em número, data e contratado.

    Raises:
        NaoCabe: a versão não comporta um valor.
    """
    return "".join(_partes(d, forma))


def descontos(lista: tuple[Desconto, ...], forma: Forma, nome: str) -> Iterator[str]:
    """Cada ``ct_descontos`` num elemento do nome dado."""
    for d in lista:
        yield (
            f"<ans:{nome}><ans:indicador>{d.indicador.value}</ans:indicador>"
            f"<ans:tipoDebitoCredito>{d.tipo.value}</ans:tipoDebitoCredito>"
            f"<ans:descricaoDbCr>{texto(d.descricao, 40)}</ans:descricaoDbCr>"
            f"<ans:valorDbCr>{forma.desconto(d.valor)}</ans:valorDbCr></ans:{nome}>"
        )


def _partes(d: DemonstrativoPagamento, forma: Forma) -> Iterator[str]:
    reais = forma.total
    yield "<ans:demonstrativoPagamento>"
    yield cabecalho(d.cabecalho, forma)
    yield (
        f"<ans:dadosContratado><ans:dadosPrestador>{CONTRATADO}</ans:dadosPrestador>"
        f"<ans:CNES>{exato(d.contratado.cnes)}</ans:CNES></ans:dadosContratado><ans:pagamentos>"
    )
    for pagamento in d.pagamentos:
        yield from _da_data(pagamento, forma)
    b, x = d.brutos, d.liquido
    yield (
        "</ans:pagamentos><ans:totaisDemonstrativo><ans:totaisBrutosDemonstrativo>"
        f"<ans:valorInformadoBruto>{reais(b.informado)}</ans:valorInformadoBruto>"
        f"<ans:valorProcessadoBruto>{reais(b.processado)}</ans:valorProcessadoBruto>"
        f"<ans:valorLiberadoBruto>{reais(b.liberado)}</ans:valorLiberadoBruto>"
        f"<ans:valorGlosaBruto>{reais(b.glosa)}</ans:valorGlosaBruto>"
        "</ans:totaisBrutosDemonstrativo>"
    )
    yield from descontos(d.descontos, forma, "debitosCreditosDemonstrativo")
    yield (
        "<ans:totaisLiquidosDemonstrativo>"
        f"<ans:totalDebitosDemonstrativo>{reais(x.debitos)}</ans:totalDebitosDemonstrativo>"
        f"<ans:totalCreditosdemonstrativo>{reais(x.creditos)}</ans:totalCreditosdemonstrativo>"
        f"<ans:valorLiberadoDemonstrativo>{reais(x.liquido)}</ans:valorLiberadoDemonstrativo>"
        "</ans:totaisLiquidosDemonstrativo></ans:totaisDemonstrativo>"
    )
    yield livre("observacao", d.observacao)
    yield "</ans:demonstrativoPagamento>"


def _da_data(p: PagamentoDaData, forma: Forma) -> Iterator[str]:
    reais = forma.total
    yield (
        "<ans:pagamentosPorData><ans:dadosPagamento>"
        f"<ans:dataPagamento>{p.data.isoformat()}</ans:dataPagamento>"
        f"<ans:formaPagamento>{p.forma.value}</ans:formaPagamento>"
        f"{opcional('banco', p.banco)}{opcional('agencia', p.agencia)}"
        f"{opcional('nrContaCheque', p.conta)}</ans:dadosPagamento><ans:dadosResumo>"
    )
    for protocolo in p.protocolos:
        yield from _protocolo(protocolo, forma)
    b, x = p.brutos, p.liquido
    yield (
        "</ans:dadosResumo><ans:totaisBrutosPorData>"
        f"<ans:totalInformadoPorData>{reais(b.informado)}</ans:totalInformadoPorData>"
        f"<ans:totalProcessadoPorData>{reais(b.processado)}</ans:totalProcessadoPorData>"
        f"<ans:totaLiberadoPorData>{reais(b.liberado)}</ans:totaLiberadoPorData>"
        f"<ans:totalGlosaPorData>{reais(b.glosa)}</ans:totalGlosaPorData>"
        "</ans:totaisBrutosPorData>"
    )
    if p.descontos:
        yield "<ans:debitosCreditosPorData>"
        yield from descontos(p.descontos, forma, "debitosCreditos")
        yield "</ans:debitosCreditosPorData>"
    yield (
        "<ans:totaisLiquidosPorData>"
        f"<ans:totalDebitosPorData>{reais(x.debitos)}</ans:totalDebitosPorData>"
        f"<ans:totalCreditosPorData>{reais(x.creditos)}</ans:totalCreditosPorData>"
        f"<ans:liquidoPorData>{reais(x.liquido)}</ans:liquidoPorData>"
        "</ans:totaisLiquidosPorData></ans:pagamentosPorData>"
    )


def _protocolo(p: ProtocoloPago, forma: Forma) -> Iterator[str]:
    reais, v = forma.total, p.valores
    yield (
        f"<ans:relacaoProtocolos><ans:dataProtocolo>{p.data.isoformat()}</ans:dataProtocolo>"
        f"<ans:numeroProtocolo>{p.numero}</ans:numeroProtocolo>"
        f"<ans:numeroLote>{exato(p.numero_lote)}</ans:numeroLote>"
        f"<ans:valorInformado>{reais(v.informado)}</ans:valorInformado>"
        f"<ans:valorProcessado>{reais(v.processado)}</ans:valorProcessado>"
        f"<ans:valorLiberado>{reais(v.liberado)}</ans:valorLiberado>"
        f"<ans:valorGlosa>{reais(v.glosa)}</ans:valorGlosa>"
    )
    if forma.guias_pagas:
        for guia in p.guias:
            yield _guia(guia, forma)
    yield "</ans:relacaoProtocolos>"


def _guia(g: GuiaPaga, forma: Forma) -> str:
    reais, v = forma.total, g.valores
    return (
        "<ans:guiasDoLote>"
        f"<ans:numeroGuiaPrestador>{exato(g.numero_prestador)}</ans:numeroGuiaPrestador>"
        f"{opcional('numeroGuiaOperadora', g.numero_operadora)}{opcional('senha', g.senha)}"
        f"<ans:tipoPagamento>{g.tipo.value}</ans:tipoPagamento>"
        f"<ans:valorProcessadoGuia>{reais(v.processado)}</ans:valorProcessadoGuia>"
        f"<ans:valorLiberadoGuia>{reais(v.liberado)}</ans:valorLiberadoGuia>"
        f"<ans:valorGlosaGuia>{reais(v.glosa)}</ans:valorGlosaGuia></ans:guiasDoLote>"
    )
