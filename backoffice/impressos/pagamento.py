"""O demonstrativo de pagamento, campos 1 a 50, e o de odontologia, com as suas franquias."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.impressos import formatos
from backoffice.impressos.comum import (
    ASSINATURA_DO_PRESTADOR,
    cabecalho,
    do_contratado,
    tem_de_assinar,
    totais,
)
from backoffice.impressos.folha import Campo, Coluna, Ficha, Folha, Tabela, sem_numeros
from dominio.pagamento import Forma, Indicador, TipoPagamento
from handlers.demonstrativo.modelo import Tipo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from backoffice.impressos.folha import Bloco
    from dominio.pagamento import Desconto, Liquido
    from handlers.demonstrativo.modelo import (
        DemonstrativoPagamento,
        GuiaPaga,
        PagamentoDaData,
        ProtocoloPago,
    )

FORMAS = {
    Forma.DEPOSITO: "Depósito ou transferência",
    Forma.CARTEIRA: "Carteira",
    Forma.BOLETO: "Boleto bancário ou DDA",
    Forma.DINHEIRO: "Dinheiro ou cheque",
}
"""``dm_formaPagamento`` em palavras."""

_TIPOS = {TipoPagamento.INICIAL: "Inicial", TipoPagamento.RECURSO: "Recurso"}
INDICADORES = {Indicador.DEBITO: "Débito", Indicador.CREDITO: "Crédito"}
"""``dm_debitoCreditoIndicador`` em palavras."""

_TITULOS = {
    Tipo.PAGAMENTO: "Demonstrativo de pagamento",
    Tipo.ODONTO: "Demonstrativo de pagamento - tratamento odontológico",
}
_GUIAS = (
    Coluna("Nº da guia no prestador", 2.2, 44),
    Coluna("Nº da guia atribuído pela operadora", 2.2, 45),
    Coluna("Senha", 2, 46),
    Coluna("Tipo de pagamento", 1.4, 47),
    Coluna("Valor processado", 1.5, 48, direita=True),
    Coluna("Valor liberado", 1.5, 49, direita=True),
    Coluna("Valor da glosa", 1.5, 50, direita=True),
)
_ITENS = (
    Coluna("Data", 1.5),
    Coluna("Tabela", 0.9),
    Coluna("Código", 1.6),
    Coluna("Descrição", 4.5),
    Coluna("Dente ou região", 1.2),
    Coluna("Face", 1),
    Coluna("Quant.", 1, direita=True),
    Coluna("Valor informado", 1.6, direita=True),
    Coluna("Valor processado", 1.6, direita=True),
    Coluna("Franquia", 1.4, direita=True),
    Coluna("Valor liberado", 1.6, direita=True),
    Coluna("Valor da glosa", 1.6, direita=True),
    Coluna("Código da glosa", 1.6),
)


def montar(demonstrativo: DemonstrativoPagamento) -> Folha:
    """A folha de um demonstrativo de pagamento, do tipo que o valor diz."""
    odonto = demonstrativo.tipo is Tipo.ODONTO
    blocos = _blocos(demonstrativo, odonto=odonto)
    return Folha(
        titulo=_TITULOS[demonstrativo.tipo],
        nome=f"pagamento{'-odonto' if odonto else ''}-{demonstrativo.cabecalho.numero}",
        cabecalho=cabecalho(demonstrativo.cabecalho),
        blocos=tuple(sem_numeros(bloco) if odonto else bloco for bloco in blocos),
        emissao=demonstrativo.cabecalho.emissao,
        deitada=odonto,
    )


def _blocos(demonstrativo: DemonstrativoPagamento, *, odonto: bool) -> Iterator[Bloco]:
    yield do_contratado(demonstrativo.contratado)
    for pagamento in demonstrativo.pagamentos:
        yield from _da_data(pagamento, odonto=odonto)
    brutos = totais("Totais do demonstrativo - bruto", "do demonstrativo", demonstrativo.brutos, 32)
    yield _com_franquia(brutos, demonstrativo.franquia if odonto else None)
    yield from _descontos(
        "Débitos e créditos do demonstrativo", demonstrativo.descontos, primeiro=36
    )  # fmt: skip
    yield _liquido("Totais líquidos do demonstrativo", "", demonstrativo.liquido, 40)
    if demonstrativo.observacao:
        yield Ficha(None, (Campo("Observação / justificativa", demonstrativo.observacao, 43),))
    if tem_de_assinar(demonstrativo.contratado):
        yield ASSINATURA_DO_PRESTADOR


def _da_data(pagamento: PagamentoDaData, *, odonto: bool) -> Iterator[Bloco]:
    yield Ficha(
        "Dados do pagamento",
        (
            Campo("Data do pagamento", formatos.data(pagamento.data), 9),
            Campo(
                "Forma de pagamento",
                formatos.codigo_e_texto(pagamento.forma, FORMAS[pagamento.forma]),
                10,
                1.8,
            ),
            Campo("Banco", pagamento.banco or "", 11, 0.7),
            Campo("Agência", pagamento.agencia or "", 12, 0.8),
            Campo("Conta", pagamento.conta or "", 13, 1.4),
        ),
    )
    for protocolo in pagamento.protocolos:
        yield from _do_protocolo(protocolo, odonto=odonto)
    brutos = totais("Valores brutos por data de pagamento", "por data", pagamento.brutos, 21)
    yield _com_franquia(brutos, pagamento.franquia if odonto else None)
    yield from _descontos(
        "Demais débitos e créditos por data de pagamento", pagamento.descontos, primeiro=25
    )
    yield _liquido(
        "Valores líquidos por data de pagamento", " por data", pagamento.liquido, 29
    )  # fmt: skip


def _do_protocolo(protocolo: ProtocoloPago, *, odonto: bool) -> Iterator[Bloco]:
    resumo = Ficha(
        f"Dados do resumo - protocolo {protocolo.numero}",
        (
            Campo("Data do protocolo", formatos.data(protocolo.data), 14),
            Campo("Número do protocolo", protocolo.numero, 15),
            Campo("Número do lote", protocolo.numero_lote, 16),
            Campo("Valor informado", formatos.reais(protocolo.valores.informado), 17),
            Campo("Valor processado", formatos.reais(protocolo.valores.processado), 18),
            Campo("Valor liberado", formatos.reais(protocolo.valores.liberado), 19),
            Campo("Valor da glosa", formatos.reais(protocolo.valores.glosa), 20),
        ),
    )
    yield _com_franquia(resumo, protocolo.franquia if odonto else None)
    if not odonto:
        yield Tabela("Dados da guia", _GUIAS, tuple(_guia(guia) for guia in protocolo.guias))
        return
    for guia in protocolo.guias:
        yield from _guia_odonto(guia)


def _guia(guia: GuiaPaga) -> tuple[str, ...]:
    return (
        guia.numero_prestador,
        guia.numero_operadora or "",
        guia.senha or "",
        formatos.codigo_e_texto(guia.tipo, _TIPOS[guia.tipo]),
        formatos.reais(guia.valores.processado),
        formatos.reais(guia.valores.liberado),
        formatos.reais(guia.valores.glosa),
    )


def _guia_odonto(guia: GuiaPaga) -> Iterator[Bloco]:
    yield Ficha(
        f"Guia {guia.numero_prestador}",
        (
            Campo("Nº da guia no prestador", guia.numero_prestador, None, 1.3),
            Campo("Nº da guia atribuído pela operadora", guia.numero_operadora or "", None, 1.3),
            Campo("Senha", guia.senha or "", None, 1.2),
            Campo("Nome do beneficiário", guia.nome_beneficiario or "", None, 2),
            Campo("Número da carteira", guia.carteira, None, 1.3),
            Campo("Executante", guia.executante, None, 2),
            Campo("Tipo de pagamento", formatos.codigo_e_texto(guia.tipo, _TIPOS[guia.tipo])),
        ),
    )
    if guia.itens:
        yield Tabela(
            None,
            _ITENS,
            tuple(
                (
                    formatos.data(item.data),
                    item.tabela,
                    item.codigo,
                    item.descricao,
                    item.dente or item.regiao or "",
                    item.face or "",
                    formatos.quantidade(item.quantidade),
                    formatos.reais(item.valores.informado),
                    formatos.reais(item.valores.processado),
                    formatos.reais(item.franquia),
                    formatos.reais(item.valores.liberado),
                    formatos.reais(item.valores.glosa),
                    ", ".join(item.glosas),
                )
                for item in guia.itens
            ),
        )
    yield _com_franquia(totais(None, "da guia", guia.valores, None), guia.franquia)
    if guia.observacao:
        yield Ficha(None, (Campo("Observação da guia", guia.observacao),))


def _com_franquia(ficha: Ficha, valor: Decimal | None) -> Ficha:
    if valor is None:
        return ficha
    return ficha._replace(campos=(*ficha.campos, Campo("Franquia (R$)", formatos.reais(valor))))


def _descontos(titulo: str, descontos: Sequence[Desconto], *, primeiro: int) -> Iterator[Bloco]:
    if not descontos:
        return
    yield Tabela(
        titulo,
        (
            Coluna("Indicação", 1.2, primeiro),
            Coluna("Código do débito/crédito", 1.4, primeiro + 1),
            Coluna("Descrição do débito/crédito", 4, primeiro + 2),
            Coluna("Valor", 1.4, primeiro + 3, direita=True),
        ),
        tuple(
            (
                formatos.codigo_e_texto(d.indicador, INDICADORES[d.indicador]),
                d.tipo.value,
                d.descricao,
                formatos.reais(d.valor),
            )
            for d in descontos
        ),
    )


def _liquido(titulo: str, de_que: str, liquido: Liquido, primeiro: int) -> Ficha:
    ditos = (
        ("Total demais débitos", liquido.debitos),
        ("Total demais créditos", liquido.creditos),
        ("Valor final a receber", liquido.liquido),
    )
    return Ficha(
        titulo,
        tuple(
            Campo(f"{rotulo}{de_que} (R$)", formatos.reais(valor), primeiro + n)
            for n, (rotulo, valor) in enumerate(ditos)
        ),
        forte=True,
    )
