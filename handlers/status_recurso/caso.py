"""Consultar um recurso, pelo seu número ou pelo do protocolo de que se recorreu."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from dominio import erros, numeros
from dominio.dinheiro import ZERO
from dominio.pagamento import ratear
from dominio.recurso import Nivel
from dominio.situacao import StatusProtocolo
from handlers.alcance import prestadores_ditos
from handlers.status_recurso.cabimento import exigir_que_caiba
from mensagem.recusa import RegraRecusada
from persistence import protocolos, recursos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from dominio.lote import Identificacao, Item
    from handlers.contexto import Contexto
    from handlers.pergunta import PedidoDeStatus
    from persistence.protocolos import GuiaGuardada, ItemGuardado
    from persistence.recursos_valores import Linha, Recurso

_RESPONDIDO = frozenset(
    {
        StatusProtocolo.ANALISADO,
        StatusProtocolo.LIBERADO,
        StatusProtocolo.PAGO,
        StatusProtocolo.ENCERRADO_SEM_PAGAMENTO,
        StatusProtocolo.BLOQUEIO_JUDICIAL,
    }
)


class ItemRespondido(NamedTuple):
    """O que foi de um item contestado.

    Attributes:
        guia_numero: no prestador.
        guia_operadora: quando se conhece.
        item: como foi cobrado.
        recursado: reais.
        acatado: reais.
        linha: a que o contesta.
    """

    guia_numero: str
    guia_operadora: str | None
    item: Item
    recursado: Decimal
    acatado: Decimal
    linha: Linha


class GuiaRespondida(NamedTuple):
    """O que foi de uma guia contestada por inteiro, acatada ou não."""

    guia_numero: str
    guia_operadora: str | None
    linha: Linha
    acatada: bool


@dataclass(frozen=True, kw_only=True)
class Situacao:
    """Resposta à pergunta.

    Attributes:
        prestador: identificação a repetir.
        recurso: o que se achou.
        desde: data de São Paulo em que chegou à situação.
        respondido: se vai o recibo com as respostas, e não só a situação.
        respostas: na ordem das linhas; vazio num recurso do protocolo.
        do_protocolo: a linha de um recurso do protocolo.
        nomes: nome do beneficiário de cada guia, pelo número no prestador.
    """

    prestador: Identificacao
    recurso: Recurso
    desde: date
    respondido: bool
    respostas: tuple[ItemRespondido | GuiaRespondida, ...] = ()
    do_protocolo: Linha | None = None
    nomes: Mapping[str, str | None] = field(default_factory=dict)


def consultar(conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
    """Em que pé está o recurso; o de outro prestador é como se não existisse.

    Raises:
        RegraRecusada: não há tal recurso, ou a resposta não cabe na versão.
    """
    recurso = _achar(conn, contexto, pedido)
    desde = recursos.desde_quando(conn, [recurso.protocolo_id]).get(recurso.protocolo_id)
    assert desde is not None  # noqa: S101 - o histórico tem ao menos o recebimento
    # um lote de número não numérico não cabe no recibo: vai só a situação
    numerico = recurso.lote.isascii() and recurso.lote.isdigit()
    if recurso.status not in _RESPONDIDO or not numerico:
        return Situacao(prestador=pedido.prestador, recurso=recurso, desde=desde, respondido=False)
    linhas = recursos.linhas(conn, recurso.protocolo_id)
    guias = {g.posicao: g for g in protocolos.guias(conn, recurso.lote_id)}
    itens = protocolos.itens(conn, recurso.lote_id)
    situacao = Situacao(
        prestador=pedido.prestador,
        recurso=recurso,
        desde=desde,
        respondido=True,
        respostas=tuple(r for linha in linhas for r in _responder(linha, guias, itens)),
        do_protocolo=next((x for x in linhas if x.nivel is Nivel.PROTOCOLO), None),
        nomes={g.numero_prestador: g.beneficiario.nome for g in guias.values()},
    )
    exigir_que_caiba(situacao.respostas, linhas, contexto.versao)
    return situacao


def _achar(conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Recurso:
    operadora, de_quem = contexto.operadora.id, prestadores_ditos(conn, contexto, pedido.prestador)
    numero = numeros.protocolo(pedido.numero)
    achado = None if numero is None else recursos.por_numero(conn, operadora, numero)
    if achado is None and numero is not None:
        # pelo protocolo do lote responde-se o último recurso dele
        lote = protocolos.por_numero(conn, operadora, numero)
        if lote is not None:
            achado = next(reversed(recursos.do_protocolo(conn, lote.id)), None)
    if achado is None or achado.prestador_id not in de_quem:
        raise RegraRecusada(erros.PROTOCOLO_NAO_ENCONTRADO)
    return achado


def _responder(
    linha: Linha, guias: Mapping[int, GuiaGuardada], itens: Sequence[ItemGuardado]
) -> list[ItemRespondido | GuiaRespondida]:
    if linha.guia_posicao is None:
        return []
    guia = guias[linha.guia_posicao]
    acatado = linha.acatado or ZERO
    dela = [i for i in itens if i.guia_posicao == guia.posicao]
    ditos = (linha.guia_numero or guia.numero_prestador, _da_operadora(linha, guia))
    if linha.nivel is Nivel.ITEM:
        item = next(i.item for i in dela if i.posicao == linha.item_posicao)
        return [ItemRespondido(*ditos, item, linha.recursado, acatado, linha)]
    if not ZERO < acatado < linha.recursado:
        return [GuiaRespondida(*ditos, linha, linha.estado.acatado)]
    return [
        ItemRespondido(*ditos, item.item, recursado, aceito, linha)
        for item, recursado, aceito in _por_item(linha, dela)
        if recursado
    ]


def _por_item(
    linha: Linha, itens: Sequence[ItemGuardado]
) -> list[tuple[ItemGuardado, Decimal, Decimal]]:
    """O contestado e o acatado de uma guia, item a item.

    O que é da guia inteira reparte-se pelos itens, em proporção ao que cada um cobrou.
    """
    recursado = dict.fromkeys((i.posicao for i in itens), ZERO)
    acatado = dict(recursado)
    pesos = [abs(i.item.valor_total) for i in itens]
    if not any(pesos):
        pesos = [Decimal(1) for _ in itens]
    for parcela in linha.parcelas:
        if parcela.unidade.item is not None:
            recursado[parcela.unidade.item] += parcela.recursado
            acatado[parcela.unidade.item] += parcela.acatado or ZERO
            continue
        partes = ratear(parcela.recursado, pesos)
        aceitas = ratear(parcela.acatado or ZERO, partes)
        for item, parte, aceita in zip(itens, partes, aceitas, strict=True):
            recursado[item.posicao] += parte
            acatado[item.posicao] += aceita
    return [(i, recursado[i.posicao], acatado[i.posicao]) for i in itens]


def _da_operadora(linha: Linha, guia: GuiaGuardada) -> str | None:
    return linha.guia_operadora or guia.numero_operadora
