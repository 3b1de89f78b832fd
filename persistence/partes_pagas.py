"""As partes dos pagamentos: o que se paga de cada guia, uma só vez."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, func, select, text, update

from dominio.analise import Valores
from dominio.pagamento import EstadoPagamento, TipoPagamento
from persistence import alteracoes, tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from dominio.situacao import StatusProtocolo


class Parte(NamedTuple):
    """O que um pagamento paga de uma guia.

    Attributes:
        protocolo_id: do lote.
        lote_id: do lote.
        guia_posicao: no lote, a partir de 1.
        valores: reais; o liberado é o que se paga.
        tipo: inicial ou de recurso.
        recurso_id: protocolo do recurso, se é de um.
        viva: falsa depois de estornada ou de cancelado o pagamento.
        estornada_em: instante em UTC.
        estornada_por: quem estornou.
        motivo: por que se estornou.
        id: chave no banco; zero antes de gravada.
    """

    protocolo_id: int
    lote_id: int
    guia_posicao: int
    valores: Valores
    tipo: TipoPagamento = TipoPagamento.INICIAL
    recurso_id: int | None = None
    viva: bool = True
    estornada_em: datetime | None = None
    estornada_por: str | None = None
    motivo: str | None = None
    id: int = 0


class GuiaJaPaga(Exception):
    """A guia já está numa parte viva do mesmo tipo; a transação deve ser desfeita.

    Attributes:
        parte: a que não se gravou.
    """

    def __init__(self, parte: Parte) -> None:
        super().__init__("a guia já está noutro pagamento")
        self.parte = parte


_t = tabelas.pagamento.c
_x = tabelas.pagamento_parte.c
_g = tabelas.guia.c
_p = tabelas.protocolo.c

_INICIAL = InsercaoUnica(
    tabelas.pagamento_parte,
    [_x.id],
    indice=[_x.lote_id, _x.guia_posicao],
    onde=text("viva AND tipo = '1'"),
)
_DE_RECURSO = InsercaoUnica(
    tabelas.pagamento_parte,
    [_x.id],
    indice=[_x.recurso_id, _x.guia_posicao],
    onde=text("viva AND tipo = '2'"),
)
_PARTES = select(
    _x.pagamento_id, _x.protocolo_id, _x.lote_id, _x.guia_posicao, _x.informado, _x.processado,
    _x.liberado, _x.glosa, _x.tipo, _x.recurso_id, _x.viva, _x.estornada_em, _x.estornada_por,
    _x.motivo, _x.id,
).order_by(_x.pagamento_id, _x.protocolo_id, _x.guia_posicao, _x.id)  # fmt: skip


def incluir(conn: Connection, pagamento_id: int, partes: Iterable[Parte]) -> None:
    """Grava as partes de um pagamento; a unicidade do banco impede pagar duas vezes.

    Raises:
        GuiaJaPaga: uma das guias já está noutro pagamento.
    """
    for parte in partes:
        comando = _INICIAL if parte.tipo is TipoPagamento.INICIAL else _DE_RECURSO
        linha = comando.executar(
            conn,
            {
                "pagamento_id": pagamento_id,
                "protocolo_id": parte.protocolo_id,
                "lote_id": parte.lote_id,
                "guia_posicao": parte.guia_posicao,
                "tipo": parte.tipo.value,
                "recurso_id": parte.recurso_id,
                "viva": True,
                **parte.valores._asdict(),
            },
        )
        if linha is None:
            raise GuiaJaPaga(parte)


def do_pagamento(conn: Connection, pagamento_id: int) -> tuple[Parte, ...]:
    """As partes de um pagamento, vivas ou não, por protocolo e guia."""
    consulta = _PARTES.where(_x.pagamento_id == pagamento_id)
    return tuple(_parte(linha) for linha in conn.execute(consulta))


def com_vivas(conn: Connection, protocolo_id: int) -> bool:
    """Se algum pagamento, previsto ou confirmado, ainda tem parte do protocolo."""
    consulta = select(func.count()).where(
        _x.protocolo_id == protocolo_id,
        _x.viva,
        _x.tipo == TipoPagamento.INICIAL.value,
    )
    return conn.execute(consulta).scalar_one() > 0


def guias_pagas(conn: Connection, protocolo_id: int) -> frozenset[int]:
    """Posições das guias de um protocolo com parte inicial viva num pagamento confirmado."""
    consulta = (
        select(_x.guia_posicao)
        .join_from(tabelas.pagamento_parte, tabelas.pagamento)
        .where(
            _x.protocolo_id == protocolo_id,
            _x.viva,
            _x.tipo == TipoPagamento.INICIAL.value,
            _t.estado == EstadoPagamento.CONFIRMADO.value,
        )
    )
    return frozenset(conn.execute(consulta).scalars())


def datas_pagas(conn: Connection, protocolos: Collection[int]) -> dict[int, dict[int, date]]:
    """Quando se pagou cada guia de uns protocolos, pela chave e pela posição; de recurso não conta.

    De um protocolo de que nada se pagou não há nada.
    """
    consulta = (
        select(_x.protocolo_id, _x.guia_posicao, _t.data)
        .join_from(tabelas.pagamento_parte, tabelas.pagamento)
        .where(
            _x.protocolo_id.in_(protocolos),
            _x.viva,
            _x.tipo == TipoPagamento.INICIAL.value,
            _t.estado == EstadoPagamento.CONFIRMADO.value,
        )
    )
    achadas: dict[int, dict[int, date]] = {}
    for protocolo_id, posicao, data in conn.execute(consulta):
        achadas.setdefault(protocolo_id, {})[posicao] = data
    return achadas


def guias_do_recurso(conn: Connection, recurso_id: int) -> frozenset[int]:
    """Posições das guias que já têm parte viva de um recurso, paga ou por pagar."""
    consulta = select(_x.guia_posicao).where(_x.recurso_id == recurso_id, _x.viva)
    return frozenset(conn.execute(consulta).scalars())


def encerrar(
    conn: Connection, ids: Sequence[int], *, quem: str, motivo: str, agora: datetime
) -> None:
    """Tira partes da vida: as guias delas podem voltar a pagar-se."""
    conn.execute(
        update(tabelas.pagamento_parte)
        .where(_x.id.in_(ids))
        .values(viva=False, estornada_em=agora, estornada_por=quem, motivo=motivo)
    )


def mudar_guias(
    conn: Connection,
    protocolo_id: int,
    lote_id: int,
    posicoes: Sequence[int],
    situacao: StatusProtocolo,
) -> None:
    """Põe guias de um lote numa situação."""
    conn.execute(
        update(tabelas.guia)
        .where(_g.lote_id == lote_id, _g.posicao.in_(posicoes))
        .values(status=int(situacao))
    )
    alteracoes.marcar_alterado(conn, protocolo_id)


def _parte(linha: Sequence[Any]) -> Parte:
    return Parte(
        linha[1],
        linha[2],
        linha[3],
        Valores._make(linha[4:8]),
        TipoPagamento(linha[8]),
        *linha[9:],
    )
