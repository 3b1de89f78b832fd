"""A prévia de um pagamento: bases e retenções, lotes, débitos e créditos, líquido."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.impressos import formatos
from backoffice.impressos.folha import Campo, Coluna, Ficha, Folha, Tabela, Texto
from backoffice.impressos.pagamento import FORMAS, INDICADORES
from dominio.dinheiro import ZERO
from dominio.pagamento import TRIBUTOS, EstadoPagamento

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from backoffice.impressos.folha import Bloco
    from handlers.pagamento import PagamentoAtual
    from persistence.consultas.pagamentos import Recebedor
    from persistence.operadoras import Operadora

_LOTES = (
    Coluna("Protocolo", 1.4),
    Coluna("Lote", 1.4),
    Coluna("Tipo do lote", 2),
    Coluna("Valor apresentado", 1.6, direita=True),
    Coluna("Valor glosado", 1.6, direita=True),
    Coluna("Valor pago", 1.6, direita=True),
    Coluna("Taxa administrativa", 1.6, direita=True),
)
_DESCONTOS = (
    Coluna("Indicação", 1.2),
    Coluna("Código", 0.8),
    Coluna("Descrição", 4),
    Coluna("Valor (R$)", 1.6, direita=True),
)


class Previa(NamedTuple):
    """O que a folha diz.

    Attributes:
        atual: o pagamento, previsto ou já feito.
        recebedor: a quem se paga.
        situacao: em que pé está, em palavras.
        lotes: protocolo, lote, tipo, apresentado, glosado, pago e taxa administrativa.
    """

    atual: PagamentoAtual
    recebedor: Recebedor
    situacao: str
    lotes: tuple[tuple[str, str, str, Decimal, Decimal, Decimal, Decimal], ...]


def montar(operadora: Operadora, previa: Previa, hoje: date) -> Folha:
    """A folha da prévia; depois de confirmado o pagamento, do que se pagou."""
    p = previa.atual.pagamento
    previsto = p.estado is EstadoPagamento.PREVISTO
    return Folha(
        titulo="Prévia de pagamento" if previsto else "Relatório de pagamento",
        nome=f"{'previa' if previsto else 'relatorio'}-pagamento-{p.id}",
        cabecalho=(
            Campo("Registro ANS", operadora.registro_ans),
            Campo("Nº do pagamento", str(p.id)),
            Campo("Nome da operadora", operadora.nome, None, 2.5),
            Campo("CNPJ da operadora", formatos.cadastro(operadora.cnpj), None, 1.2),
            Campo("Situação", previa.situacao, None, 1.6),
        ),
        blocos=tuple(_blocos(previa)),
        emissao=hoje,
    )


def _blocos(previa: Previa) -> Iterator[Bloco]:
    atual, p = previa.atual, previa.atual.pagamento
    yield Ficha(
        "Dados do prestador",
        (
            Campo("Código na operadora", previa.recebedor.codigo),
            Campo("Nome", previa.recebedor.nome, None, 3),
        ),
    )
    yield Ficha(
        "Dados do pagamento",
        (
            Campo("Data prevista", formatos.data(p.data_prevista)),
            Campo("Data do pagamento", formatos.data(p.data)),
            Campo(
                "Forma de pagamento", formatos.codigo_e_texto(p.forma, FORMAS[p.forma]), None, 1.8
            ),
            Campo("Banco", p.banco or "", None, 0.7),
            Campo("Agência", p.agencia or "", None, 0.8),
            Campo("Conta", p.conta or "", None, 1.4),
        ),
    )
    yield _bases(atual)
    linhas = tuple(
        (numero, lote, tipo, *map(formatos.reais, valores))
        for numero, lote, tipo, *valores in previa.lotes
    )
    yield Tabela("Lotes", _LOTES, linhas)
    if atual.lancamentos:
        yield Tabela(
            "Débitos e créditos",
            _DESCONTOS,
            tuple(
                (
                    INDICADORES[x.desconto.indicador],
                    x.desconto.tipo.value,
                    x.desconto.descricao,
                    formatos.reais(x.desconto.valor),
                )
                for x in atual.lancamentos
            ),
        )
    liquido = atual.liquido
    yield Ficha(
        "Totais",
        (
            Campo("Total bruto (R$)", formatos.reais(liquido.bruto)),
            Campo("Total de débitos (R$)", formatos.reais(liquido.debitos)),
            Campo("Total de créditos (R$)", formatos.reais(liquido.creditos)),
            Campo("Valor final a receber (R$)", formatos.reais(liquido.liquido)),
        ),
        forte=True,
    )
    if p.exige_nota:
        texto = "O pagamento espera uma nota fiscal aceita, do valor base."
        yield Texto("Nota fiscal", texto)


def _bases(atual: PagamentoAtual) -> Ficha:
    retidos = dict.fromkeys(TRIBUTOS, ZERO)
    for x in atual.lancamentos:
        if x.origem == "retencao":
            retidos[x.desconto.tipo] += x.desconto.valor
    base = atual.brutos.liberado
    return Ficha(
        "Bases",
        (
            Campo("Valor base (R$)", formatos.reais(base)),
            *(Campo(f"{tipo.name} (R$)", formatos.reais(v)) for tipo, v in retidos.items()),
            Campo("Valor líquido (R$)", formatos.reais(base - sum(retidos.values(), ZERO))),
        ),
    )
