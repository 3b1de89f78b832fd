"""Os demonstrativos em JSON: os mesmos valores que vão nas mensagens e nos impressos."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict

from backoffice.api import formas
from backoffice.api.formas import Forma, Quantidade, Reais, Situacao, Valores
from handlers.demonstrativo import modelo

_Valores = Annotated[
    Valores, BeforeValidator(lambda v: v if isinstance(v, Valores) else formas.valores(v))
]
_Situacao = Annotated[
    Situacao, BeforeValidator(lambda s: s if isinstance(s, Situacao) else formas.situacao(s))
]


class DoValor(Forma):
    """Uma forma que se lê dos atributos de mesmo nome de um valor."""

    model_config = ConfigDict(from_attributes=True)


class Cabecalho(DoValor):
    """Da operadora, com o número do demonstrativo e o dia em que se emitiu."""

    registro_ans: str
    nome: str
    cnpj: str
    numero: str
    emissao: date


class Contratado(DoValor):
    """O prestador."""

    codigo: str
    nome: str
    cnes: str
    cnpj: str | None
    cpf: str | None


class Glosa(DoValor):
    """Uma glosa da tabela 38."""

    codigo: str
    valor: Reais
    texto: str | None


class ItemDaConta(DoValor):
    """Um item analisado, ou a parte de um grau de participação dele."""

    sequencial: int
    despesa: bool
    data: date
    tabela: str
    codigo: str
    descricao: str
    grau: str | None
    quantidade: Quantidade
    quantidade_paga: Quantidade
    valores: _Valores
    glosas: list[Glosa]


class GuiaDaConta(DoValor):
    """Uma guia analisada; os itens podem ser só os glosados, e os valores são de todos."""

    numero_prestador: str
    numero_operadora: str | None
    senha: str | None
    nome_beneficiario: str | None
    carteira: str
    inicio: date
    hora_inicio: time | None
    fim: date | None
    hora_fim: time | None
    situacao: _Situacao
    glosas: list[Glosa]
    itens: list[ItemDaConta]
    valores: _Valores
    observacao: str | None


class Conta(DoValor):
    """O lote de um protocolo."""

    numero_lote: str
    numero: str
    data: date
    situacao: _Situacao
    glosas: list[Glosa]
    guias: list[GuiaDaConta]
    valores: _Valores


class Analise(DoValor):
    """A análise de conta de um protocolo."""

    cabecalho: Cabecalho
    contratado: Contratado
    conta: Conta
    geral: _Valores
    observacao: str | None


class Analises(Forma):
    """As análises dos protocolos pedidos."""

    demonstrativos: list[Analise]
    ausentes: str


class Desconto(DoValor):
    """Um débito (1) ou crédito (2)."""

    indicador: str
    tipo: str
    descricao: str
    valor: Reais


class Liquido(DoValor):
    """O que se recebe: ``liquido`` = ``bruto`` - ``debitos`` + ``creditos``."""

    bruto: Reais
    debitos: Reais
    creditos: Reais
    liquido: Reais


class ItemPago(DoValor):
    """Um procedimento odontológico pago."""

    sequencial: int
    tabela: str
    codigo: str
    descricao: str
    dente: str | None
    regiao: str | None
    face: str | None
    data: date
    quantidade: Quantidade
    valores: _Valores
    franquia: Reais
    glosas: list[str]


class GuiaPaga(DoValor):
    """O que se pagou de uma guia."""

    numero_prestador: str
    numero_operadora: str | None
    senha: str | None
    carteira: str
    nome_beneficiario: str | None
    tipo: str
    valores: _Valores
    executante: str
    franquia: Reais | None
    itens: list[ItemPago]
    observacao: str | None


class ProtocoloPago(DoValor):
    """Até 100 guias pagas de um protocolo."""

    data: date
    numero: str
    numero_lote: str
    guias: list[GuiaPaga]
    valores: _Valores
    franquia: Reais


class PagamentoDaData(DoValor):
    """Um pagamento."""

    data: date
    forma: str
    banco: str | None
    agencia: str | None
    conta: str | None
    protocolos: list[ProtocoloPago]
    brutos: _Valores
    franquia: Reais
    descontos: list[Desconto]
    liquido: Liquido


class Pagamento(DoValor):
    """O que se pagou num dia ou numa competência."""

    tipo: str
    cabecalho: Cabecalho
    contratado: Contratado
    inicio: date
    fim: date
    pagamentos: list[PagamentoDaData]
    brutos: _Valores
    franquia: Reais
    descontos: list[Desconto]
    liquido: Liquido
    observacao: str | None


def analise(demonstrativo: modelo.DemonstrativoAnalise) -> Analise:
    """A forma de uma análise de conta."""
    return Analise.model_validate(demonstrativo)


def pagamento(demonstrativo: modelo.DemonstrativoPagamento) -> Pagamento:
    """A forma de um demonstrativo de pagamento."""
    return Pagamento.model_validate(demonstrativo)
