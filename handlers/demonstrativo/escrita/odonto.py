"""``demonstrativoPagamentoOdonto``, com a grafia que o padrão dá aos totais."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.pagamento import TipoPagamento
from handlers.demonstrativo.escrita.conta import procedimento
from handlers.demonstrativo.escrita.forma import (
    NAO_INFORMADO,
    NUMERO,
    NaoCabe,
    exato,
    livre,
    opcional,
    texto,
)
from handlers.demonstrativo.escrita.pago import descontos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from dominio.analise import Valores
    from dominio.pagamento import Liquido
    from handlers.demonstrativo.escrita.forma import Forma
    from handlers.demonstrativo.modelo import (
        Contratado,
        DemonstrativoPagamento,
        GuiaPaga,
        ItemPago,
        PagamentoDaData,
        ProtocoloPago,
    )

_DA_GUIA = (
    "valorTotalInformadoGuia", "valorTotalProcessadoGuia", "valorTotalGlosaGuia",
    "valorTotalFranquiaGuia", "valorTotalLiberadoGuia",
)  # fmt: skip
_DO_PROTOCOLO = (
    "valorTotalInformadoPorProtocolo", "valorTotalProcessadoPorProtocolo",
    "valorTotalGlosaPorProtocolo", "valorTotalFranquiaPorProtocolo",
    "valorTotalLiberadoPorProtocolo",
)  # fmt: skip
_DA_DATA = (
    "valorBrutonformadoPorData", "valorBrutoProcessadoPorData", "valorBrutoGlosaPorData",
    "valorBrutoFranquiaPorData", "valorBrutoLiberadoPorData",
)  # fmt: skip
_DO_DEMONSTRATIVO = (
    "valorInformadoPorDemonstrativoData", "valorlProcessadoPorDemonstrativo",
    "valorlGlosaPorDemonstrativo", "valoFranquiaPorDemonstrativo",
    "valorLiberadoPorDemonstrativo",
)  # fmt: skip
_LIQUIDO_DA_DATA = (
    "valorTotalDebitosPorData", "valorTotalCreditosPorData", "valorFinalAReceberPorData",
)  # fmt: skip
_LIQUIDO = (
    "totalDebitosDemonstativo", "totalCreditosDemonstrativo", "valorRecebidoDemonstrativo",
)  # fmt: skip


def escrever(d: DemonstrativoPagamento, forma: Forma) -> str:
    """O demonstrativo com uma lacuna no número; não tem data de emissão.

    Raises:
        NaoCabe: a versão não comporta um valor ou código.
    """
    return "".join(_partes(d, forma))


def _partes(d: DemonstrativoPagamento, forma: Forma) -> Iterator[str]:
    c = d.cabecalho
    yield (
        "<ans:demonstrativoPagamentoOdonto><ans:cabecalhoDemonstrativoOdonto>"
        f"<ans:registroANS>{c.registro_ans}</ans:registroANS>"
        f"<ans:numeroDemonstrativo>{NUMERO}</ans:numeroDemonstrativo>"
        f"<ans:nomeOperadora>{texto(c.nome, 70)}</ans:nomeOperadora>"
        f"<ans:cnpjOper>{forma.cnpj(c.cnpj)}</ans:cnpjOper><ans:periodoProc>"
        f"<ans:datainicio>{d.inicio.isoformat()}</ans:datainicio>"
        f"<ans:datafim>{d.fim.isoformat()}</ans:datafim></ans:periodoProc>"
        "</ans:cabecalhoDemonstrativoOdonto>"
    )
    yield _prestador(d.contratado, forma)
    for pagamento in d.pagamentos:
        yield from _da_data(pagamento, forma)
    yield "<ans:totaisBrutoDemonstrativo>"
    yield _cinco(_DO_DEMONSTRATIVO, d.brutos, d.franquia, forma.total)
    yield "</ans:totaisBrutoDemonstrativo>"
    if d.descontos:
        yield "<ans:debCredDemonstrativo>"
        yield from descontos(d.descontos, forma, "descontos")
        yield "</ans:debCredDemonstrativo>"
    yield _tres(_LIQUIDO, d.liquido, forma)
    yield livre("observacao", d.observacao)
    yield "</ans:demonstrativoPagamentoOdonto>"


def _prestador(c: Contratado, forma: Forma) -> str:
    if c.cnpj:
        quem = f"<ans:cnpjPrestador>{forma.cnpj(c.cnpj)}</ans:cnpjPrestador>"
    elif c.cpf:
        quem = f"<ans:cpfContratado>{c.cpf}</ans:cpfContratado>"
    else:
        raise NaoCabe("cpfCNPJContratado")
    nome = f"<ans:nomePrestador>{texto(c.nome, 70)}</ans:nomePrestador>" if forma.nomes else ""
    return (
        f"<ans:dadosPrestador><ans:codigoPrestador>{exato(c.codigo)}</ans:codigoPrestador>{nome}"
        f"<ans:cpfCNPJContratado>{quem}</ans:cpfCNPJContratado></ans:dadosPrestador>"
    )


def _da_data(p: PagamentoDaData, forma: Forma) -> Iterator[str]:
    yield (
        "<ans:dadosPagamentoPorData><ans:dadosPagamento>"
        f"<ans:dataPagamento>{p.data.isoformat()}</ans:dataPagamento>"
        f"{opcional('banco', p.banco)}{opcional('agencia', p.agencia)}"
        f"{opcional('conta', p.conta)}</ans:dadosPagamento>"
    )
    for protocolo in p.protocolos:
        yield from _protocolo(protocolo, forma)
    yield "<ans:totaisPorData>"
    yield _cinco(_DA_DATA, p.brutos, p.franquia, forma.total)
    yield "</ans:totaisPorData>"
    if p.descontos:
        yield "<ans:debCredPorDataPagamento>"
        yield from descontos(p.descontos, forma, "descontos")
        yield "</ans:debCredPorDataPagamento>"
    yield "<ans:totalLiquidoPorData>"
    yield _tres(_LIQUIDO_DA_DATA, p.liquido, forma)
    yield "</ans:totalLiquidoPorData></ans:dadosPagamentoPorData>"


def _protocolo(p: ProtocoloPago, forma: Forma) -> Iterator[str]:
    yield (
        f"<ans:protocolos><ans:numeroLote>{exato(p.numero_lote)}</ans:numeroLote>"
        f"<ans:numeroProtocolo>{p.numero}</ans:numeroProtocolo>"
    )
    for guia in p.guias:
        yield from _guia(guia, forma)
    yield "<ans:totaisPorProtocolo>"
    yield _cinco(_DO_PROTOCOLO, p.valores, p.franquia, forma.total)
    yield "</ans:totaisPorProtocolo></ans:protocolos>"


def _guia(g: GuiaPaga, forma: Forma) -> Iterator[str]:
    recurso = "S" if g.tipo is TipoPagamento.RECURSO else "N"
    yield (
        "<ans:dadosPagamentoGuia>"
        f"<ans:numeroGuiaPrestador>{exato(g.numero_prestador)}</ans:numeroGuiaPrestador>"
        f"{opcional('numeroGuiaOperadora', g.numero_operadora)}<ans:recurso>{recurso}"
        f"</ans:recurso><ans:nomeExecutante>{texto(g.executante, 70)}</ans:nomeExecutante>"
        f"<ans:carteiraBeneficiario>{exato(g.carteira)}</ans:carteiraBeneficiario>"
    )
    if forma.nomes:
        nome = texto(g.nome_beneficiario or NAO_INFORMADO, 70)
        yield f"<ans:nomeBeneficiario>{nome}</ans:nomeBeneficiario>"
    for item in g.itens:
        yield from _item(item, forma)
    yield livre("observacaoGuia", g.observacao)
    yield _cinco(_DA_GUIA, g.valores, g.franquia, forma.da_guia_odonto)
    yield "</ans:dadosPagamentoGuia>"


def _item(i: ItemPago, forma: Forma) -> Iterator[str]:
    v, reais = i.valores, forma.do_odonto
    yield (
        f"<ans:dadosPagamento><ans:sequencialItem>{i.sequencial}</ans:sequencialItem>"
        f"{procedimento(i.tabela, i.codigo, i.descricao, forma)}"
    )
    lugar = forma.eco("codDente", "dm_dente", i.dente)
    lugar = lugar or forma.eco("codRegiao", "dm_regiao", i.regiao)
    if lugar:
        yield f"<ans:denteRegiao>{lugar}</ans:denteRegiao>"
    yield opcional("denteFace", i.face)
    quantidade = int(i.quantidade)
    if quantidade != i.quantidade or not 0 <= quantidade < 100:
        raise NaoCabe("qtdProc")
    yield (
        f"<ans:dataRealizacao>{i.data.isoformat()}</ans:dataRealizacao>"
        f"<ans:qtdProc>{quantidade}</ans:qtdProc>"
        f"<ans:valorInformado>{reais(v.informado)}</ans:valorInformado>"
        f"<ans:valorProcessado>{reais(v.processado)}</ans:valorProcessado>"
        f"<ans:valorGlosaEstorno>{reais(v.glosa)}</ans:valorGlosaEstorno>"
        f"<ans:valorFranquia>{reais(i.franquia)}</ans:valorFranquia>"
        f"<ans:valorLiberado>{forma.liberado_odonto(v.liberado)}</ans:valorLiberado>"
    )
    for codigo in i.glosas:
        yield f"<ans:codigosGlosa>{forma.codigo('dm_tipoGlosa', codigo)}</ans:codigosGlosa>"
    yield "</ans:dadosPagamento>"


def _cinco(
    nomes: tuple[str, ...], v: Valores, franquia: Decimal, reais: Callable[[Decimal], str]
) -> str:
    valores = (v.informado, v.processado, v.glosa, franquia, v.liberado)
    return "".join(
        f"<ans:{nome}>{reais(valor)}</ans:{nome}>"
        for nome, valor in zip(nomes, valores, strict=True)
    )


def _tres(nomes: tuple[str, ...], liquido: Liquido, forma: Forma) -> str:
    valores = (liquido.debitos, liquido.creditos, liquido.liquido)
    return "".join(
        f"<ans:{nome}>{forma.total(valor)}</ans:{nome}>"
        for nome, valor in zip(nomes, valores, strict=True)
    )
