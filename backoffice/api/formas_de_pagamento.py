"""As formas dos pagamentos em JSON: pedidos, prévia, lançamentos."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from backoffice import rotulos
from backoffice.api import campos, formas
from backoffice.api.campos import Dia, Motivo, Numero, Pedido, Posicao, Texto
from backoffice.api.formas import Forma, Instante, Prestador, Reais, Valores
from dominio.dinheiro import ZERO
from dominio.pagamento import (
    TRIBUTOS,
    Desconto,
    EstadoPagamento,
    Indicador,
    Nivel,
    TipoLancamento,
)
from dominio.pagamento import Forma as FormaDePagamento
from handlers.pagamento import Alvo, montagem

if TYPE_CHECKING:
    from handlers.pagamento import DoProtocolo, PagamentoAtual
    from persistence.consultas.pagamentos import Recebedor
    from persistence.lancamentos import Lancamento

_SITUACOES = {
    EstadoPagamento.PREVISTO: "Previsto",
    EstadoPagamento.CONFIRMADO: "Pagamento efetuado",
    EstadoPagamento.ESTORNADO: "Estornado",
    EstadoPagamento.CANCELADO: "Cancelado",
}
_DA_NOTA = {
    "aguardando": "Aguardando nota fiscal",
    "em-analise": "Nota fiscal em análise",
    "recusada": "Nota fiscal recusada",
}
_TIPOS = {
    TipoLancamento.DESCONTO_FINANCEIRO: "Desconto financeiro",
    TipoLancamento.AJUSTE_ANTERIOR: "Ajuste de pagamento anterior",
    TipoLancamento.DETERMINACAO_JUDICIAL: "Determinação judicial",
}


class AlvoDito(Pedido):
    """O que se paga, ou se estorna, de um protocolo."""

    protocolo: Numero
    guias: list[Posicao] | None = Field(
        None, max_length=1000, description="Posições no lote; sem o campo, todas."
    )


class DescontoDito(Pedido):
    """Um débito ou crédito."""

    indicador: Indicador = Field(description="1 débito, 2 crédito.")
    tipo: TipoLancamento = Field(description="`dm_debitoCreditoTipo`, de 01 a 09.")
    descricao: Annotated[str, Field(max_length=200)]
    valor: campos.Reais
    nivel: Nivel = Field(Nivel.DATA, description="Da data de pagamento ou do demonstrativo.")


class ComoSePaga(Pedido):
    """Forma, conta, débitos e créditos de um pagamento."""

    forma: FormaDePagamento = Field(description="`dm_formaPagamento`.")
    banco: Texto | None = None
    agencia: Texto | None = None
    conta: Texto | None = None
    descontos: list[DescontoDito] = Field([], max_length=500)


class PagamentoPedido(ComoSePaga):
    """Um pagamento a um prestador."""

    prestador: Texto = Field(description="Código na operadora.")
    data_prevista: Dia
    protocolos: list[AlvoDito] = Field(min_length=1, max_length=5000)


class Confirmacao(Pedido):
    """Quando se pagou."""

    data: Dia


class Cancelamento(Pedido):
    """Por que se desfaz."""

    motivo: Motivo


class Estorno(Pedido):
    """O que se estorna, e por quê."""

    motivo: Motivo
    protocolos: list[AlvoDito] | None = Field(
        None, max_length=5000, description="Sem o campo, o pagamento inteiro."
    )


class LancamentoFeito(Forma):
    """Um débito ou crédito; sem pagamento, espera o próximo do prestador."""

    indicador: str
    tipo: str
    tipo_texto: str
    descricao: str
    valor: Reais
    nivel: str
    origem: str


class BaseDaPrevia(Forma):
    """O que se retém do bruto, por tributo."""

    tipo_servico: str
    valor_base: Reais
    cofins: Reais
    csll: Reais
    inss: Reais
    irrf: Reais
    iss: Reais
    pis: Reais
    valor_liquido: Reais


class LoteDoPagamento(Forma):
    """O que se paga de um protocolo."""

    numero_protocolo: str
    numero_lote_prestador: str
    tipo_guia: str
    tipo_guia_texto: str | None
    qtd_guias: int
    valores: Valores
    valor_taxa_administrativa: Reais


class TotaisDoPagamento(Forma):
    """Bruto menos débitos mais créditos."""

    bruto: Reais
    debitos: Reais
    creditos: Reais
    liquido: Reais


class PagamentoInteiro(Forma):
    """Um pagamento; enquanto previsto, é a sua prévia. O ETag é a revisão."""

    id: int
    prestador: Prestador
    estado: str
    situacao: str
    nota_fiscal: str
    revisao: int
    data_prevista: date
    data_pagamento: date | None
    forma: str
    banco: str | None
    agencia: str | None
    conta: str | None
    criado_em: Instante
    confirmado_em: Instante | None
    estornado_em: Instante | None
    brutos: Valores
    bases: list[BaseDaPrevia]
    lotes: list[LoteDoPagamento]
    lancamentos: list[LancamentoFeito]
    totais: TotaisDoPagamento
    repetido: bool


def alvos(ditos: list[AlvoDito]) -> tuple[Alvo, ...]:
    """Os alvos de um pedido."""
    return tuple(Alvo(a.protocolo, None if a.guias is None else tuple(a.guias)) for a in ditos)


def desconto(dito: DescontoDito) -> Desconto:
    """O débito ou crédito de um pedido."""
    return Desconto(dito.indicador, dito.tipo, dito.descricao, dito.valor, dito.nivel)


def situacao(estado: EstadoPagamento, nota: str) -> str:
    """Como se diz em que pé um pagamento está, com a nota fiscal que ele espera."""
    if estado is EstadoPagamento.PREVISTO and nota in _DA_NOTA:
        return _DA_NOTA[nota]
    return _SITUACOES[estado]


def texto_do_tipo(tipo: TipoLancamento) -> str:
    """``dm_debitoCreditoTipo`` em palavras."""
    return _TIPOS.get(tipo, tipo.name)


def lancamento(x: Lancamento) -> LancamentoFeito:
    """A forma de um débito ou crédito."""
    return LancamentoFeito(
        indicador=x.desconto.indicador.value,
        tipo=x.desconto.tipo.value,
        tipo_texto=texto_do_tipo(x.desconto.tipo),
        descricao=x.desconto.descricao,
        valor=x.desconto.valor,
        nivel=x.desconto.nivel.value,
        origem=x.origem,
    )


def inteiro(atual: PagamentoAtual, recebedor: Recebedor, largura: int) -> PagamentoInteiro:
    """A forma de um pagamento.

    Args:
        atual: o pagamento.
        recebedor: a quem se paga.
        largura: algarismos dos números de protocolo.
    """
    p = atual.pagamento
    return PagamentoInteiro(
        id=p.id,
        prestador=Prestador(codigo=recebedor.codigo, nome=recebedor.nome),
        estado=p.estado.value,
        situacao=situacao(p.estado, atual.nota),
        nota_fiscal=atual.nota,
        revisao=p.revisao,
        data_prevista=p.data_prevista,
        data_pagamento=p.data,
        forma=p.forma.value,
        banco=p.banco,
        agencia=p.agencia,
        conta=p.conta,
        criado_em=p.criado_em,
        confirmado_em=p.confirmado_em,
        estornado_em=p.estornado_em,
        brutos=formas.valores(atual.brutos),
        bases=[_base(atual)],
        lotes=[
            _lote(lote, taxa, largura)
            for lote, taxa in zip(atual.protocolos, montagem.taxas(atual), strict=True)
        ],
        lancamentos=[lancamento(x) for x in atual.lancamentos],
        totais=TotaisDoPagamento(**atual.liquido._asdict()),
        repetido=atual.repetido,
    )


def _base(atual: PagamentoAtual) -> BaseDaPrevia:
    retidos = dict.fromkeys(TRIBUTOS, ZERO)
    for x in atual.lancamentos:
        if x.origem == "retencao":
            retidos[x.desconto.tipo] += x.desconto.valor
    base = atual.brutos.liberado
    return BaseDaPrevia(
        tipo_servico="Serviços de saúde",
        valor_base=base,
        valor_liquido=base - sum(retidos.values(), Decimal(0)),
        **{tipo.name.lower(): valor for tipo, valor in retidos.items()},
    )


def _lote(lote: DoProtocolo, taxa: Decimal, largura: int) -> LoteDoPagamento:
    return LoteDoPagamento(
        numero_protocolo=rotulos.numero(lote.protocolo, largura),
        numero_lote_prestador=lote.lote,
        tipo_guia=lote.tipo,
        tipo_guia_texto=rotulos.tipo_guia(lote.tipo),
        qtd_guias=lote.guias,
        valores=formas.valores(lote.valores),
        valor_taxa_administrativa=taxa,
    )
