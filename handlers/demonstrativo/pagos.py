"""O demonstrativo de pagamento de um período, das partes pagas ao valor."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dominio import numeros
from dominio.analise import VAZIOS, Valores
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.lote import TipoGuia
from dominio.pagamento import Desconto, Liquido, Nivel, apurar, ratear
from handlers.demonstrativo.conta import cabecalho, contratado, nomes
from handlers.demonstrativo.modelo import (
    DemonstrativoPagamento,
    GuiaPaga,
    PagamentoDaData,
    ProtocoloPago,
    Tipo,
)
from handlers.demonstrativo.odonto import com_itens
from persistence import lancamentos, pagamentos, partes_pagas, protocolos

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from persistence.consultas.demonstrativos import Dono
    from persistence.operadoras import Operadora
    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte
    from persistence.protocolos import GuiaGuardada, Protocolo

MAIS_GUIAS = 100
"""``guiasDoLote`` de cada ``relacaoProtocolos``."""


class _Lote(NamedTuple):
    """Um protocolo com as suas guias, pela posição, e os nomes do cadastro."""

    protocolo: Protocolo
    guias: dict[int, GuiaGuardada]
    nomes: dict[str, str]


class _Lotes:
    """Os lotes de um demonstrativo, cada um lido uma vez."""

    def __init__(self, conn: Connection, operadora_id: int) -> None:
        self._conn = conn
        self._operadora_id = operadora_id
        self._lidos: dict[int, _Lote] = {}

    def de(self, partes: Iterable[Parte]) -> dict[int, _Lote]:
        """Os lotes das partes, pela chave do protocolo."""
        chaves = {p.protocolo_id for p in partes}
        for chave, protocolo in protocolos.por_ids(self._conn, chaves - self._lidos.keys()).items():
            guias = protocolos.guias(self._conn, protocolo.lote_id or 0)
            self._lidos[chave] = _Lote(
                protocolo,
                {g.posicao: g for g in guias},
                nomes(self._conn, self._operadora_id, list(guias)),
            )
        return {chave: self._lidos[chave] for chave in chaves}


def montar(
    conn: Connection,
    operadora: Operadora,
    donos: Sequence[Dono],
    *,
    tipo: Tipo,
    periodo: tuple[date, date],
    hoje: date,
) -> DemonstrativoPagamento | None:
    """O que se pagou aos prestadores de um dia a outro; nada, se nada se pagou desse tipo.

    Os prestadores são os que uma identificação diz: um CNPJ pode ter vários códigos. Um pagamento
    já estornado continua a mostrar-se: o estorno é um débito do seguinte.
    """
    achados = [p for dono in donos for p in _do_periodo(conn, operadora, dono, periodo)]
    lotes = _Lotes(conn, operadora.id)
    datas: list[PagamentoDaData] = []
    do_demonstrativo: list[Desconto] = []
    for pagamento in sorted(achados, key=lambda p: (p.data, p.id)):
        partes = partes_pagas.do_pagamento(conn, pagamento.id)
        dos_lotes = lotes.de(partes)
        minhas = [p for p in partes if _tipo(dos_lotes[p.protocolo_id]) is tipo]
        if not minhas:
            continue
        descontos = _quinhao(conn, pagamento, partes, minhas, tipo)
        do_demonstrativo += (d for d in descontos if d.nivel is Nivel.DEMONSTRATIVO)
        da_data = tuple(d for d in descontos if d.nivel is Nivel.DATA)
        relacao = tuple(_relacao(conn, operadora, minhas, dos_lotes))
        datas.append(_da_data(pagamento, relacao, da_data))
    if not datas:
        return None
    brutos = _somar(d.brutos for d in datas)
    return DemonstrativoPagamento(
        tipo,
        cabecalho(operadora, hoje),
        contratado(donos[0]),
        *periodo,
        tuple(datas),
        brutos,
        sum((d.franquia for d in datas), ZERO),
        tuple(do_demonstrativo),
        _liquido(brutos.liberado, datas, do_demonstrativo),
    )


def _do_periodo(
    conn: Connection, operadora: Operadora, dono: Dono, periodo: tuple[date, date]
) -> tuple[Pagamento, ...]:
    inicio, fim = periodo
    if inicio == fim:
        return pagamentos.da_data(conn, operadora.id, dono.id, inicio)
    return pagamentos.do_periodo(conn, operadora.id, dono.id, inicio, fim)


def _tipo(lote: _Lote) -> Tipo:
    return Tipo.ODONTO if lote.protocolo.lote_tipo == TipoGuia.ODONTO else Tipo.PAGAMENTO


def _quinhao(
    conn: Connection,
    pagamento: Pagamento,
    partes: Sequence[Parte],
    minhas: Sequence[Parte],
    tipo: Tipo,
) -> list[Desconto]:
    """Os débitos e créditos de um pagamento; se ele também é do outro tipo, a parte deste.

    A parte é proporcional ao liberado, e as dos dois tipos somam o débito ou crédito inteiro.
    """
    todos = [x.desconto for x in lancamentos.do_pagamento(conn, pagamento.id)]
    if len(minhas) == len(partes):
        return todos
    meu = sum((p.valores.liberado for p in minhas), ZERO)
    outro = sum((p.valores.liberado for p in partes), ZERO) - meu
    pesos = (meu, outro) if tipo is Tipo.PAGAMENTO else (outro, meu)
    if not meu + outro:
        return todos if tipo is Tipo.PAGAMENTO else []
    posicao = 0 if tipo is Tipo.PAGAMENTO else 1
    quinhoes = (d._replace(valor=ratear(d.valor, pesos)[posicao]) for d in todos)
    return [d for d in quinhoes if d.valor]


def _relacao(
    conn: Connection, operadora: Operadora, partes: Sequence[Parte], lotes: dict[int, _Lote]
) -> Iterator[ProtocoloPago]:
    juntas: defaultdict[int, list[Parte]] = defaultdict(list)
    for parte in partes:
        juntas[parte.protocolo_id].append(parte)
    for chave in sorted(juntas, key=lambda c: lotes[c].protocolo.numero):
        lote = lotes[chave]
        guias = [_guia(parte, lote) for parte in juntas[chave]]
        if _tipo(lote) is Tipo.ODONTO:
            guias = com_itens(conn, lote.protocolo, juntas[chave], guias)
        for n in range(0, len(guias), MAIS_GUIAS):
            yield _protocolo(operadora, lote.protocolo, guias[n : n + MAIS_GUIAS])


def _da_data(
    pagamento: Pagamento, relacao: tuple[ProtocoloPago, ...], descontos: tuple[Desconto, ...]
) -> PagamentoDaData:
    assert pagamento.data is not None  # noqa: S101 - só se mostram confirmados
    brutos = _somar(p.valores for p in relacao)
    return PagamentoDaData(
        pagamento.data,
        pagamento.forma,
        pagamento.banco,
        pagamento.agencia,
        pagamento.conta,
        relacao,
        brutos,
        sum((p.franquia for p in relacao), ZERO),
        descontos,
        apurar(brutos.liberado, descontos),
    )


def _protocolo(
    operadora: Operadora, protocolo: Protocolo, guias: Sequence[GuiaPaga]
) -> ProtocoloPago:
    return ProtocoloPago(
        dia(protocolo.recebido_em),
        numeros.formatar(protocolo.numero, operadora.largura_protocolo),
        str(protocolo.lote_numero),
        tuple(guias),
        _somar(g.valores for g in guias),
        sum((g.franquia for g in guias), ZERO),
    )


def _guia(parte: Parte, lote: _Lote) -> GuiaPaga:
    guia = lote.guias[parte.guia_posicao]
    carteira = guia.beneficiario.carteira
    return GuiaPaga(
        guia.numero_prestador,
        guia.numero_operadora,
        guia.senha,
        carteira,
        guia.beneficiario.nome or lote.nomes.get(carteira),
        parte.tipo,
        parte.valores,
    )


def _somar(valores: Iterable[Valores]) -> Valores:
    soma = VAZIOS
    for v in valores:
        soma = Valores(*(a + b for a, b in zip(soma, v, strict=True)))
    return soma


def _liquido(
    bruto: Decimal, datas: Sequence[PagamentoDaData], descontos: Sequence[Desconto]
) -> Liquido:
    """O do demonstrativo conta também os débitos e créditos das datas."""
    proprio = apurar(bruto, descontos)
    debitos = proprio.debitos + sum((d.liquido.debitos for d in datas), ZERO)
    creditos = proprio.creditos + sum((d.liquido.creditos for d in datas), ZERO)
    return Liquido(bruto, debitos, creditos, bruto - debitos + creditos)
