"""O resultado da análise de um lote: processado, liberado e glosa de itens, guias e protocolo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, update

from dominio.dinheiro import ZERO
from dominio.situacao import StatusProtocolo
from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

_p = tabelas.protocolo.c
_g = tabelas.guia.c
_i = tabelas.item.c


def concluir(conn: Connection, lote_id: int, glosas: Mapping[tuple[int, int], Decimal]) -> None:
    """Processa tudo o que foi informado, tira as glosas e mostra os valores ao prestador.

    O protocolo soma as suas guias; as canceladas ficam como estão. A situação não muda aqui.

    Args:
        conn: transação de escrita.
        lote_id: chave do lote.
        glosas: posição da guia e do item, a partir de 1 -> reais glosados.

    Raises:
        ValueError: se uma glosa tem mais casas decimais do que o banco guarda.
    """
    ativas = (_g.lote_id == lote_id, _g.status != int(StatusProtocolo.CANCELADO))
    conn.execute(
        update(tabelas.guia)
        .where(*ativas)
        .values(processado=_g.informado, liberado=_g.informado, glosa=ZERO)
    )
    das_ativas = (_i.lote_id == lote_id, _i.guia_posicao.in_(select(_g.posicao).where(*ativas)))
    conn.execute(
        update(tabelas.item)
        .where(*das_ativas)
        .values(processado=_i.informado, liberado=_i.informado, glosa=ZERO)
    )
    for (guia, item), valor in glosas.items():
        conn.execute(
            update(tabelas.guia)
            .where(*ativas, _g.posicao == guia)
            .values(liberado=_g.liberado - valor, glosa=_g.glosa + valor)
        )
        conn.execute(
            update(tabelas.item)
            .where(*das_ativas, _i.guia_posicao == guia, _i.posicao == item)
            .values(liberado=_i.liberado - valor, glosa=_i.glosa + valor)
        )
    somas = select(func.sum(_g.processado), func.sum(_g.liberado), func.sum(_g.glosa))
    processado, liberado, glosa = conn.execute(somas.where(*ativas)).one()
    conn.execute(
        update(tabelas.protocolo)
        .where(_p.lote_id == lote_id)
        .values(
            processado=processado or ZERO,
            liberado=liberado or ZERO,
            glosa=glosa or ZERO,
            analise_visivel=True,
        )
    )
