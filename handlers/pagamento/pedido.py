"""Os pedidos de pagamento e o que se responde a eles, como valores em reais."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from dominio.analise import Valores
    from dominio.pagamento import Desconto, Forma, Liquido
    from dominio.situacao import StatusProtocolo
    from persistence.lancamentos import Lancamento
    from persistence.pagamentos import Pagamento


class Alvo(NamedTuple):
    """O que se paga, ou se estorna, de um protocolo.

    Attributes:
        protocolo: número.
        guias: posições no lote, a partir de 1; ausente são todas as que se podem pagar.
    """

    protocolo: int
    guias: tuple[int, ...] | None = None


class PedidoDePagamento(NamedTuple):
    """Criar um pagamento, ainda por confirmar.

    Attributes:
        chave: escolhida por quem chama; o mesmo pedido com ela não cria outro.
        prestador: código na operadora.
        data_prevista: quando se espera pagar.
        forma: ``dm_formaPagamento``.
        alvos: o que se paga.
        banco: até 4 caracteres.
        agencia: até 7.
        conta: conta ou cheque, até 20.
        descontos: débitos e créditos além das retenções, da tarifa e dos que esperavam.
    """

    chave: str
    prestador: str
    data_prevista: date
    forma: Forma
    alvos: tuple[Alvo, ...]
    banco: str | None = None
    agencia: str | None = None
    conta: str | None = None
    descontos: tuple[Desconto, ...] = ()


class DoProtocolo(NamedTuple):
    """O que um pagamento paga de um protocolo.

    Attributes:
        protocolo: número.
        lote: número do lote no prestador.
        tipo: tipo de guia do lote.
        valores: soma das guias pagas.
        guias: quantas.
        recurso: número do recurso de glosa, se é o acatado dele que se paga.
    """

    protocolo: int
    lote: str
    tipo: str
    valores: Valores
    guias: int
    recurso: int | None = None


class PagamentoAtual(NamedTuple):
    """Um pagamento com tudo o que é dele; é também a prévia, enquanto previsto.

    Attributes:
        pagamento: dados e estado.
        protocolos: o que se paga de cada um.
        brutos: soma dos protocolos.
        lancamentos: débitos e créditos; na prévia, também os que se juntarão ao confirmar.
        liquido: bruto liberado, débitos, créditos e o que se recebe.
        nota: estado da nota fiscal, ``nao-exigida`` ou ``aguardando``.
        repetido: se o pedido já tinha sido feito e nada se gravou agora.
    """

    pagamento: Pagamento
    protocolos: tuple[DoProtocolo, ...]
    brutos: Valores
    lancamentos: tuple[Lancamento, ...]
    liquido: Liquido
    nota: str
    repetido: bool = False


class Liberado(NamedTuple):
    """Um protocolo liberado, ou de que a liberação se retirou.

    Attributes:
        protocolo: número.
        status: situação em que ficou.
        data_prevista: em que se espera pagar; ausente se a liberação se retirou.
        liberado: reais.
    """

    protocolo: int
    status: StatusProtocolo
    data_prevista: date | None
    liberado: Decimal
