"""Os resultados de guias e itens numa análise; as glosas são de ``persistence.glosas``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from dominio.analise import GuiaAnalisada, ItemAnalisado, Valores
from persistence import glosas, tabelas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dominio.analise import Glosa

_rg = tabelas.resultado_guia.c
_ri = tabelas.resultado_item.c


def gravar(
    conn: Connection,
    protocolo_id: int,
    lote_id: int,
    guias: Sequence[GuiaAnalisada],
    *,
    origem: str = "pessoa",
) -> None:
    """Guarda os resultados das guias dadas, no lugar dos que já tinham; as outras ficam."""
    posicoes = [guia.posicao for guia in guias]
    descartar(conn, protocolo_id, lote_id, posicoes)
    glosas.gravar_das_guias(conn, protocolo_id, guias, origem)
    if guias:
        conn.execute(
            insert(tabelas.resultado_guia),
            [
                {
                    "lote_id": lote_id,
                    "guia_posicao": guia.posicao,
                    "processado": guia.processado,
                    "liberado": guia.liberado,
                    "glosa": guia.glosa,
                    "observacao": guia.observacao,
                }
                for guia in guias
            ],
        )
    itens = [_do_item(lote_id, guia.posicao, item) for guia in guias for item in guia.itens]
    if itens:
        conn.execute(insert(tabelas.resultado_item), itens)


def descartar(conn: Connection, protocolo_id: int, lote_id: int, posicoes: Sequence[int]) -> None:
    """Tira os resultados das guias dadas, com as suas glosas; voltam a não ter nenhum."""
    for tabela in (tabelas.resultado_item, tabelas.resultado_guia):
        conn.execute(
            delete(tabela).where(tabela.c.lote_id == lote_id, tabela.c.guia_posicao.in_(posicoes))
        )
    glosas.apagar_das_guias(conn, protocolo_id, posicoes)


def ler(conn: Connection, protocolo_id: int, lote_id: int) -> tuple[GuiaAnalisada, ...]:
    """Os resultados guardados, pela posição da guia, com as glosas de guias e itens."""
    das_guias: defaultdict[int, list[Glosa]] = defaultdict(list)
    dos_itens: defaultdict[tuple[int, int, str], list[Glosa]] = defaultdict(list)
    for g in glosas.do_protocolo(conn, protocolo_id):
        if g.guia_posicao is None:
            continue
        if g.item_posicao is None:
            das_guias[g.guia_posicao].append(g.glosa)
        else:
            dos_itens[g.guia_posicao, g.item_posicao, g.grau or ""].append(g.glosa)
    itens: defaultdict[int, list[ItemAnalisado]] = defaultdict(list)
    consulta = (
        select(
            _ri.guia_posicao, _ri.item_posicao, _ri.grau, _ri.quantidade, _ri.quantidade_paga,
            _ri.informado, _ri.processado, _ri.liberado, _ri.glosa,
        )
        .where(_ri.lote_id == lote_id)
        .order_by(_ri.guia_posicao, _ri.item_posicao, _ri.grau)
    )  # fmt: skip
    for guia, item, grau, quantidade, paga, *valores in conn.execute(consulta):
        itens[guia].append(
            ItemAnalisado(
                item,
                Valores._make(valores),
                quantidade,
                paga,
                tuple(dos_itens[guia, item, grau]),
                grau,
            )
        )
    colunas = (_rg.guia_posicao, _rg.processado, _rg.liberado, _rg.glosa, _rg.observacao)
    das_linhas = conn.execute(
        select(*colunas).where(_rg.lote_id == lote_id).order_by(_rg.guia_posicao)
    )
    return tuple(
        GuiaAnalisada(posicao, tuple(itens[posicao]), tuple(das_guias[posicao]), *resto)
        for posicao, *resto in das_linhas
    )


def _do_item(lote_id: int, guia: int, item: ItemAnalisado) -> dict[str, Any]:
    return {
        "lote_id": lote_id,
        "guia_posicao": guia,
        "item_posicao": item.posicao,
        "grau": item.grau,
        "quantidade": item.quantidade,
        "quantidade_paga": item.quantidade_paga,
        **item.valores._asdict(),
    }
