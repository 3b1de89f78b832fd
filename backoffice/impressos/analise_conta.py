"""O demonstrativo de análise de conta, campos 1 a 47."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.impressos import formatos
from backoffice.impressos.comum import (
    ASSINATURA_DO_PRESTADOR,
    cabecalho,
    codigos,
    do_contratado,
    situacao,
    tem_de_assinar,
    totais,
)
from backoffice.impressos.folha import Campo, Coluna, Ficha, Folha, Tabela, Texto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backoffice.impressos.folha import Bloco
    from handlers.demonstrativo.modelo import (
        DemonstrativoAnalise,
        GuiaDaConta,
        ItemDaConta,
    )

_COLUNAS = (
    Coluna("Data de realização", 2.0, 25),
    Coluna("Tabela", 1.2, 26),
    Coluna("Código", 2.2, 27),
    Coluna("Descrição", 6.5, 28),
    Coluna("Grau part.", 1.2, 29),
    Coluna("Valor informado", 2.2, 30, direita=True),
    Coluna("Quant. executada", 1.8, 31, direita=True),
    Coluna("Valor processado", 2.2, 32, direita=True),
    Coluna("Valor liberado", 2.2, 33, direita=True),
    Coluna("Valor glosa", 2.2, 34, direita=True),
    Coluna("Código da glosa", 2.2, 35),
)


def montar(demonstrativo: DemonstrativoAnalise) -> Folha:
    """A folha de um demonstrativo de análise; só mostra o que o valor traz.

    Os itens que ele traz podem ser só os glosados: os totais são sempre os dele.
    """
    return Folha(
        titulo="Demonstrativo de análise de conta",
        nome=f"analise-{demonstrativo.conta.numero}",
        cabecalho=cabecalho(demonstrativo.cabecalho),
        blocos=tuple(_blocos(demonstrativo)),
        emissao=demonstrativo.cabecalho.emissao,
        deitada=True,
    )


def _blocos(demonstrativo: DemonstrativoAnalise) -> Iterator[Bloco]:
    conta = demonstrativo.conta
    yield do_contratado(demonstrativo.contratado)
    yield Ficha(
        "Dados do lote e do protocolo",
        (
            Campo("Número do lote", conta.numero_lote, 9),
            Campo("Número do protocolo", conta.numero, 10),
            Campo("Data do protocolo", formatos.data(conta.data), 11),
            Campo("Código da glosa do protocolo", codigos(conta.glosas), 12),
            Campo("Código da situação do protocolo", situacao(conta.situacao), 13, 2),
        ),
    )
    for n, guia in enumerate(conta.guias, 1):
        yield from _guia(n, len(conta.guias), guia)
    yield totais("Total do protocolo", "do protocolo", conta.valores, 40)
    yield totais("Total geral", "geral", demonstrativo.geral, 44)
    if demonstrativo.observacao:
        yield Texto("Observação", demonstrativo.observacao)
    if tem_de_assinar(demonstrativo.contratado):
        yield ASSINATURA_DO_PRESTADOR


def _guia(n: int, de: int, guia: GuiaDaConta) -> Iterator[Bloco]:
    yield Ficha(
        f"Dados da guia {n} de {de}",
        (
            Campo("Número da guia no prestador", guia.numero_prestador, 14, 1.3),
            Campo(
                "Número da guia atribuído pela operadora", guia.numero_operadora or "", 15, 1.3
            ),
            Campo("Senha", guia.senha or "", 16, 1.2),
            Campo("Nome do beneficiário", guia.nome_beneficiario or "", 17, 2.5),
            Campo("Número da carteira", guia.carteira, 18, 1.3),
            Campo("Data do início do faturamento", formatos.data(guia.inicio), 19),
            Campo("Hora do início do faturamento", formatos.hora(guia.hora_inicio), 20),
            Campo("Data do fim do faturamento", formatos.data(guia.fim), 21),
            Campo("Hora do fim do faturamento", formatos.hora(guia.hora_fim), 22),
            Campo("Código da glosa da guia", codigos(guia.glosas), 23),
            Campo("Código da situação da guia", situacao(guia.situacao), 24, 2),
        ),
    )  # fmt: skip
    if guia.itens:
        yield Tabela(None, _COLUNAS, tuple(_item(item) for item in guia.itens))
    yield totais(None, "da guia", guia.valores, 36)
    if guia.observacao:
        yield Ficha(None, (Campo("Observação da guia", guia.observacao),))


def _item(item: ItemDaConta) -> tuple[str, ...]:
    return (
        formatos.data(item.data),
        item.tabela,
        item.codigo,
        item.descricao,
        item.grau or "",
        formatos.reais(item.valores.informado),
        formatos.quantidade(item.quantidade),
        formatos.reais(item.valores.processado),
        formatos.reais(item.valores.liberado),
        formatos.reais(item.valores.glosa),
        codigos(item.glosas),
    )
