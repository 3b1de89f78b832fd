"""As guias odontológicas pagas com os seus procedimentos, que só esse demonstrativo diz."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dominio.analise import Valores
from dominio.dinheiro import ZERO
from dominio.pagamento import TipoPagamento, ratear
from handlers.demonstrativo.conta import descricao
from handlers.demonstrativo.modelo import ItemPago
from persistence import glosas, protocolos
from persistence.consultas import demonstrativos as consultas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.analise import Glosa
    from handlers.demonstrativo.modelo import GuiaPaga
    from persistence.consultas.demonstrativos import Linha
    from persistence.partes_pagas import Parte
    from persistence.protocolos import Protocolo

_SEM_NOME = "NAO INFORMADO"


def com_itens(
    conn: Connection, protocolo: Protocolo, partes: Sequence[Parte], guias: Sequence[GuiaPaga]
) -> list[GuiaPaga]:
    """As guias, uma de cada parte, com procedimentos, franquia e executante."""
    lote_id = protocolo.lote_id or 0
    linhas: defaultdict[int, list[Linha]] = defaultdict(list)
    for linha in consultas.linhas(conn, protocolo.id, lote_id, todos=True):
        linhas[linha.guia_posicao].append(linha)
    das_guias: defaultdict[int, list[Glosa]] = defaultdict(list)
    dos_itens: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for g in glosas.do_protocolo(conn, protocolo.id):
        if g.guia_posicao is not None and g.item_posicao is not None:
            dos_itens[g.guia_posicao, g.item_posicao].append(g.glosa.codigo)
        elif g.guia_posicao is not None:
            das_guias[g.guia_posicao].append(g.glosa)
    executantes = consultas.executantes(conn, lote_id)
    guardadas = {g.posicao: g for g in protocolos.guias(conn, lote_id)}
    prontas = []
    for parte, guia in zip(partes, guias, strict=True):
        posicao = parte.guia_posicao
        itens = _itens(parte, linhas[posicao], dos_itens)
        guardada = guardadas[posicao]
        dos = sum((i.franquia for i in itens), ZERO)
        inicial = parte.tipo is TipoPagamento.INICIAL
        como_analisada = inicial and parte.viva
        prontas.append(
            guia._replace(
                executante=executantes.get(posicao) or _SEM_NOME,
                franquia=(dos or guardada.total_franquia or ZERO) if inicial else ZERO,
                itens=itens,
                observacao=_observacao(das_guias[posicao]) if como_analisada else None,
            )
        )
    return prontas


def _itens(
    parte: Parte, linhas: Sequence[Linha], glosas_dos_itens: dict[tuple[int, int], list[str]]
) -> tuple[ItemPago, ...]:
    """Os procedimentos de uma parte; o que é de recurso ou já se estornou reparte-se por eles."""
    inicial = parte.tipo is TipoPagamento.INICIAL
    como_analisados = inicial and parte.viva
    valores = [x.valores for x in linhas] if como_analisados else _repartir(parte.valores, linhas)
    return tuple(
        ItemPago(
            x.sequencial,
            x.tabela,
            x.codigo,
            descricao(x),
            x.dente,
            x.regiao,
            x.face,
            x.data,
            x.quantidade if x.quantidade_analisada is None else x.quantidade_analisada,
            v,
            (x.franquia or ZERO) if inicial else ZERO,
            tuple(dict.fromkeys(glosas_dos_itens.get((x.guia_posicao, x.posicao), ())))
            if como_analisados
            else (),
        )
        for x, v in zip(linhas, valores, strict=True)
    )


def _repartir(total: Valores, linhas: Sequence[Linha]) -> list[Valores]:
    pesos = [x.informado for x in linhas]
    if not sum(pesos, ZERO):
        # sem valores por que repartir, é tudo do primeiro
        pesos = [_UM, *([ZERO] * (len(linhas) - 1))]
    colunas: list[tuple[Decimal, ...]] = [ratear(valor, pesos) for valor in total]
    return [Valores(*linha) for linha in zip(*colunas, strict=True)]


_UM = ZERO + 1


def _observacao(da_guia: Sequence[Glosa]) -> str | None:
    """As glosas da guia inteira, que ali não têm outro lugar."""
    if not da_guia:
        return None
    ditas = (f"{g.codigo} R$ {g.valor:.2f}".replace(".", ",") for g in da_guia)
    return f"Glosas da guia: {'; '.join(ditas)}."
