"""O demonstrativo como valor: o que SOAP, arquivo, JSON e impressos mostram, e nada mais.

Não tem versão nem forma: quem escreve corta textos e traduz situações. Toda soma já vem feita.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO

if TYPE_CHECKING:
    from datetime import date, time
    from decimal import Decimal

    from dominio.analise import Glosa, Valores
    from dominio.pagamento import Desconto, Forma, Liquido, TipoPagamento
    from dominio.situacao import StatusProtocolo


class Tipo(StrEnum):
    """``dm_tipoDemonstrativo``."""

    PAGAMENTO = "1"
    ANALISE = "2"
    ODONTO = "3"


class Cabecalho(NamedTuple):
    """De quem é o demonstrativo, o seu número e a data em que se emitiu.

    Attributes:
        registro_ans: da operadora.
        nome: da operadora.
        cnpj: da operadora.
        numero: na largura da operadora; vazio enquanto não se emite.
        emissao: data de São Paulo.
    """

    registro_ans: str
    nome: str
    cnpj: str
    numero: str
    emissao: date


class Contratado(NamedTuple):
    """O prestador, como está no cadastro.

    Attributes:
        codigo: na operadora.
        cnes: do cadastro, senão de uma guia, senão ``9999999``.
        cnpj: ausente numa pessoa física.
        cpf: ausente numa pessoa jurídica.
    """

    codigo: str
    nome: str
    cnes: str
    cnpj: str | None
    cpf: str | None


class ItemDaConta(NamedTuple):
    """Um item, ou a parte de um grau de participação dele.

    Attributes:
        sequencial: ``sequencialItem``; procedimentos e despesas numeram-se à parte.
        despesa: se é de outras despesas.
        descricao: da guia, senão da TUSS, senão o código.
        grau: ``dm_grauPart`` da parte, ou o único do item.
        quantidade: executada, como se analisou.
        quantidade_paga: a que se libera.
        valores: reais.
    """

    sequencial: int
    despesa: bool
    data: date
    tabela: str
    codigo: str
    descricao: str
    grau: str | None
    quantidade: Decimal
    quantidade_paga: Decimal
    valores: Valores
    glosas: tuple[Glosa, ...]
    centro_consumo: str | None


class GuiaDaConta(NamedTuple):
    """Uma guia analisada.

    Attributes:
        nome_beneficiario: da guia, senão do cadastro; ausente se ninguém o disse.
        inicio: início do faturamento.
        glosas: da guia inteira; as dos itens estão neles.
        itens: os que se mostram, que podem ser só os glosados; os totais são de todos.
        valores: reais.
    """

    numero_prestador: str
    numero_operadora: str | None
    senha: str | None
    nome_beneficiario: str | None
    carteira: str
    inicio: date
    hora_inicio: time | None
    fim: date | None
    hora_fim: time | None
    situacao: StatusProtocolo
    glosas: tuple[Glosa, ...]
    itens: tuple[ItemDaConta, ...]
    valores: Valores
    observacao: str | None


class Conta(NamedTuple):
    """O lote de um protocolo, com as guias não canceladas.

    Attributes:
        numero: do protocolo, na largura da operadora.
        data: em que se recebeu, em São Paulo.
        glosas: do protocolo inteiro.
        valores: reais.
    """

    numero_lote: str
    numero: str
    data: date
    situacao: StatusProtocolo
    glosas: tuple[Glosa, ...]
    guias: tuple[GuiaDaConta, ...]
    valores: Valores


class DemonstrativoAnalise(NamedTuple):
    """``demonstrativoAnaliseConta`` de um protocolo.

    Attributes:
        geral: soma das contas, que é uma.
        observacao: da análise.
    """

    cabecalho: Cabecalho
    contratado: Contratado
    conta: Conta
    geral: Valores
    observacao: str | None

    @property
    def tipo(self) -> Tipo:
        """Sempre ``ANALISE``."""
        return Tipo.ANALISE


class ItemPago(NamedTuple):
    """Um procedimento odontológico pago.

    Attributes:
        franquia: reais.
        glosas: códigos.
    """

    sequencial: int
    tabela: str
    codigo: str
    descricao: str
    dente: str | None
    regiao: str | None
    face: str | None
    data: date
    quantidade: Decimal
    valores: Valores
    franquia: Decimal
    glosas: tuple[str, ...]


class GuiaPaga(NamedTuple):
    """O que se pagou de uma guia.

    Attributes:
        tipo: inicial ou de recurso.
        executante: nome; vazio fora da odontologia.
        franquia: reais, só na odontologia.
        itens: só na odontologia.
    """

    numero_prestador: str
    numero_operadora: str | None
    senha: str | None
    carteira: str
    nome_beneficiario: str | None
    tipo: TipoPagamento
    valores: Valores
    executante: str = ""
    franquia: Decimal = ZERO
    itens: tuple[ItemPago, ...] = ()
    observacao: str | None = None


class ProtocoloPago(NamedTuple):
    """Até 100 guias pagas de um protocolo; o que passa disso vem noutro, do mesmo número."""

    data: date
    numero: str
    numero_lote: str
    guias: tuple[GuiaPaga, ...]
    valores: Valores
    franquia: Decimal


class PagamentoDaData(NamedTuple):
    """Um pagamento: ``liquido`` = liberado - débitos + créditos, em reais."""

    data: date
    forma: Forma
    banco: str | None
    agencia: str | None
    conta: str | None
    protocolos: tuple[ProtocoloPago, ...]
    brutos: Valores
    franquia: Decimal
    descontos: tuple[Desconto, ...]
    liquido: Liquido


class DemonstrativoPagamento(NamedTuple):
    """``demonstrativoPagamento`` ou, de odontologia, ``demonstrativoPagamentoOdonto``.

    Attributes:
        tipo: ``PAGAMENTO`` ou ``ODONTO``.
        inicio: primeiro dia do período pedido.
        fim: último dia.
        brutos: soma das datas, em reais.
        franquia: soma das datas, em reais.
        descontos: só os do demonstrativo; os das datas estão nelas.
        liquido: com os débitos e créditos das datas e os do demonstrativo.
    """

    tipo: Tipo
    cabecalho: Cabecalho
    contratado: Contratado
    inicio: date
    fim: date
    pagamentos: tuple[PagamentoDaData, ...]
    brutos: Valores
    franquia: Decimal
    descontos: tuple[Desconto, ...]
    liquido: Liquido
    observacao: str | None = None


class SituacaoDoPedido(NamedTuple):
    """``situacaoDemonstrativoRetorno``: o demonstrativo que ainda não há.

    Attributes:
        protocolo: número como se respondeu ou, se não se achou, como se perguntou.
        numero: do pedido; vazio enquanto não se emite.
        data: em que se chegou à situação; ausente no que não se achou.
    """

    registro_ans: str
    contratado: Contratado
    protocolo: str
    numero: str
    data: date | None
    situacao: StatusProtocolo


Demonstrativo = DemonstrativoAnalise | DemonstrativoPagamento
