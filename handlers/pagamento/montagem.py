"""Um pagamento com tudo o que é dele: a prévia, antes de confirmar, e o feito, depois."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.analise import VAZIOS, Valores
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.impedimentos import PAGAMENTO_AUSENTE
from dominio.pagamento import (
    Desconto,
    EstadoNota,
    EstadoPagamento,
    Forma,
    Indicador,
    TipoLancamento,
    apurar,
    ratear,
    retencoes,
)
from handlers.pagamento.pedido import DoProtocolo, PagamentoAtual
from persistence import (
    lancamentos,
    notas_fiscais,
    pagamentos,
    partes_pagas,
    politicas_de_cobranca,
    protocolos,
)
from persistence.lancamentos import Lancamento

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte

NOTA_NAO_EXIGIDA, NOTA_AGUARDADA = "nao-exigida", "aguardando"


class Acrescimo(NamedTuple):
    """Um débito ou crédito que a confirmação junta ao pagamento.

    Attributes:
        lancamento: com o valor que se aplica.
        resto: reais do que esperava que continuam à espera.
    """

    lancamento: Lancamento
    resto: Decimal = ZERO


def ler(conn: Connection, operadora_id: int, pagamento_id: int) -> PagamentoAtual:
    """Um pagamento da operadora; enquanto previsto, é a sua prévia.

    Raises:
        Impedimento: a operadora não o tem.
    """
    pagamento = pagamentos.ler(conn, operadora_id, pagamento_id)
    if pagamento is None:
        raise Impedimento(PAGAMENTO_AUSENTE)
    return montar(conn, pagamento)


def montar(conn: Connection, pagamento: Pagamento) -> PagamentoAtual:
    """O pagamento com as suas partes, débitos, créditos e líquido."""
    todas = partes_pagas.do_pagamento(conn, pagamento.id)
    partes = [p for p in todas if p.viva] if pagamento.confirmado_em is None else list(todas)
    brutos = somar(partes)
    gravados = lancamentos.do_pagamento(conn, pagamento.id)
    if pagamento.estado is EstadoPagamento.PREVISTO:
        novos = tuple(a.lancamento for a in acrescimos(conn, pagamento, brutos.liberado))
    else:
        novos = ()
    todos = (*gravados, *novos)
    return PagamentoAtual(
        pagamento,
        tuple(_por_protocolo(conn, partes)),
        brutos,
        todos,
        apurar(brutos.liberado, (x.desconto for x in todos)),
        _nota(conn, pagamento),
    )


def acrescimos(conn: Connection, pagamento: Pagamento, bruto: Decimal) -> list[Acrescimo]:
    """Retenções, tarifa e o que esperava pelo próximo pagamento, na ordem em que se juntam.

    O que esperava desconta-se até onde o pagamento dá; o resto continua à espera.
    """
    politica = politicas_de_cobranca.ler(conn, pagamento.operadora_id)
    percentuais = politicas_de_cobranca.retencoes(
        conn, pagamento.operadora_id, pagamento.prestador_id
    )
    novos = [Acrescimo(_novo(d, "retencao")) for d in retencoes(bruto, percentuais)]
    if (
        politica.tarifa_bancaria > 0
        and pagamento.forma is Forma.DEPOSITO
        and pagamento.banco is not None
        and pagamento.banco not in politica.bancos_sem_tarifa
    ):
        tarifa = Desconto(
            Indicador.DEBITO,
            TipoLancamento.DESCONTO_FINANCEIRO,
            "Tarifa bancária",
            politica.tarifa_bancaria,
        )
        novos.append(Acrescimo(_novo(tarifa, "tarifa")))
    gravados = [x.desconto for x in lancamentos.do_pagamento(conn, pagamento.id)]
    ja = gravados + [a.lancamento.desconto for a in novos]
    esperavam = lancamentos.pendentes(conn, pagamento.operadora_id, pagamento.prestador_id)
    return novos + _ate_onde_da(apurar(bruto, ja).liquido, esperavam)


def somar(partes: Sequence[Parte]) -> Valores:
    """Os quatro valores de um conjunto de partes."""
    soma = VAZIOS
    for parte in partes:
        soma = Valores(*(a + b for a, b in zip(soma, parte.valores, strict=True)))
    return soma


def taxas(atual: PagamentoAtual) -> tuple[Decimal, ...]:
    """A taxa administrativa de cada lote: os débitos 07, em proporção ao que dele se paga."""
    total = sum(
        (
            x.desconto.valor
            for x in atual.lancamentos
            if x.desconto.tipo is TipoLancamento.DESCONTO_FINANCEIRO
            and x.desconto.indicador is Indicador.DEBITO
        ),
        ZERO,
    )
    pesos = [p.valores.liberado for p in atual.protocolos]
    return ratear(total if sum(pesos, ZERO) else ZERO, pesos)


def estado_da_nota(ultima: EstadoNota | None, *, exigida: bool) -> str:
    """Em que pé está a nota fiscal de um pagamento, pela mais nova que ele tem."""
    if not exigida:
        return NOTA_NAO_EXIGIDA
    if ultima is None or ultima is EstadoNota.RASCUNHO:
        return NOTA_AGUARDADA
    return ultima.value


def _ate_onde_da(disponivel: Decimal, esperavam: Sequence[Lancamento]) -> list[Acrescimo]:
    creditos = [x for x in esperavam if x.desconto.indicador is Indicador.CREDITO]
    aplicados = [Acrescimo(x) for x in creditos]
    disponivel += sum((x.desconto.valor for x in creditos), ZERO)
    for x in esperavam:
        if x.desconto.indicador is Indicador.CREDITO or disponivel <= 0:
            continue
        valor = min(disponivel, x.desconto.valor)
        disponivel -= valor
        parcial = x._replace(desconto=x.desconto._replace(valor=valor))
        aplicados.append(Acrescimo(parcial, x.desconto.valor - valor))
    return aplicados


def _novo(desconto: Desconto, origem: str) -> Lancamento:
    return Lancamento(0, None, desconto, origem, None)


def _por_protocolo(conn: Connection, partes: Sequence[Parte]) -> list[DoProtocolo]:
    juntas: dict[tuple[int, int | None], list[Parte]] = {}
    for parte in partes:
        # o acatado de um recurso é uma entrada própria, ao lado da do protocolo
        juntas.setdefault((parte.protocolo_id, parte.recurso_id), []).append(parte)
    lidos = protocolos.por_ids(conn, {chave for par in juntas for chave in par if chave})
    return [
        DoProtocolo(
            lidos[chave].numero,
            str(lidos[chave].lote_numero),
            str(lidos[chave].lote_tipo),
            somar(dele),
            len(dele),
            None if recurso is None else lidos[recurso].numero,
        )
        for (chave, recurso), dele in juntas.items()
    ]


def _nota(conn: Connection, pagamento: Pagamento) -> str:
    notas = notas_fiscais.do_pagamento(conn, pagamento.id)
    return estado_da_nota(notas[-1].estado if notas else None, exigida=pagamento.exige_nota)
