"""Onde estão os dados de uma pessoa: só identificações, nunca os próprios dados."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, or_, select, union_all

from persistence import tabelas

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

_p = tabelas.protocolo.c
_l = tabelas.lote.c
_g = tabelas.guia.c
_r = tabelas.prestador.c
_b = tabelas.beneficiario.c
_d = tabelas.documento.c
_rec = tabelas.recurso.c
_n = tabelas.recurso_linha.c


class GuiaDaPessoa(NamedTuple):
    """Uma guia da pessoa e o protocolo e a mensagem em que está; instantes em UTC."""

    protocolo: int
    recebido_em: datetime
    prestador_codigo: str
    lote_numero: str
    posicao: int
    numero_prestador: str
    mensagem_id: str


class DocumentoDaPessoa(NamedTuple):
    """Um documento de uma guia da pessoa, com a mensagem que o trouxe; instantes em UTC."""

    numero: int
    recebido_em: datetime
    mensagem_id: str


class RecursoDaPessoa(NamedTuple):
    """Um recurso que contesta uma guia da pessoa, com a mensagem que o trouxe."""

    numero: int
    recebido_em: datetime
    mensagem_id: str


class Lugares(NamedTuple):
    """Onde estão os dados da pessoa.

    Attributes:
        no_cadastro: se está no cadastro de beneficiários.
        guias: as suas, da mais velha à mais nova.
        documentos: os das suas guias, do mais velho ao mais novo.
        recursos: os que contestam as suas guias, ou o lote delas, do mais velho ao mais novo.
    """

    no_cadastro: bool
    guias: tuple[GuiaDaPessoa, ...]
    documentos: tuple[DocumentoDaPessoa, ...]
    recursos: tuple[RecursoDaPessoa, ...]


def lugares(conn: Connection, operadora_id: int, carteira: str) -> Lugares:
    """Procura uma carteira em tudo o que é de uma operadora.

    As guias não têm índice por carteira, que cada lote recebido pagaria: a busca lê a tabela e
    pode demorar.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
    cadastro = select(_b.carteira).where(_b.operadora_id == operadora_id, _b.carteira == carteira)
    guias = (
        select(
            _p.numero, _p.recebido_em, _r.codigo, _l.numero, _g.posicao, _g.numero_prestador,
            _p.mensagem_id,
        )
        .select_from(
            tabelas.guia.join(tabelas.lote, _g.lote_id == _l.id)
            .join(tabelas.protocolo, _p.lote_id == _l.id)
            .join(tabelas.prestador, _p.prestador_id == _r.id)
        )
        .where(_p.operadora_id == operadora_id, _g.carteira == carteira)
        .order_by(_p.id, _g.posicao)
    )  # fmt: skip
    return Lugares(
        conn.execute(cadastro).first() is not None,
        tuple(GuiaDaPessoa._make(linha) for linha in conn.execute(guias)),
        _documentos(conn, operadora_id, carteira),
        _recursos(conn, operadora_id, carteira),
    )


def _documentos(
    conn: Connection, operadora_id: int, carteira: str
) -> tuple[DocumentoDaPessoa, ...]:
    """Os que já estão numa guia sua, e os que a esperam ou só a citam pelo número."""
    na_guia = (_d.protocolo_id == _p.id) & (_d.guia_posicao == _g.posicao)
    pelo_numero = (
        _d.protocolo_id.is_(None)
        & (_d.prestador_id == _p.prestador_id)
        & (_d.guia_prestador == _g.numero_prestador)
    )
    das_guias = (
        select(_d.id)
        .where(_p.operadora_id == operadora_id, _g.carteira == carteira, _p.lote_id == _g.lote_id)
        .where(_d.operadora_id == operadora_id)
    )
    # o documento de um recurso pode ser de uma guia, ou de todas as que ele contesta
    do_recurso = (
        select(_d.id)
        .where(
            _d.operadora_id == operadora_id,
            _d.protocolo_id == _rec.protocolo_id,
            or_(
                _d.guia_posicao == _g.posicao,
                and_(_d.guia_posicao.is_(None), _contesta()),
            ),
        )
        .where(_rec.lote_id == _g.lote_id, _g.carteira == carteira)
    )
    ids = union_all(das_guias.where(na_guia), das_guias.where(pelo_numero), do_recurso)
    achados = (
        select(_d.numero, _d.recebido_em, _d.mensagem_id).where(_d.id.in_(ids)).order_by(_d.id)
    )
    return tuple(DocumentoDaPessoa._make(linha) for linha in conn.execute(achados))


def _recursos(conn: Connection, operadora_id: int, carteira: str) -> tuple[RecursoDaPessoa, ...]:
    achados = (
        select(_p.numero, _p.recebido_em, _p.mensagem_id)
        .select_from(
            tabelas.recurso.join(tabelas.protocolo, _p.id == _rec.protocolo_id).join(
                tabelas.guia, _g.lote_id == _rec.lote_id
            )
        )
        .where(_rec.operadora_id == operadora_id, _g.carteira == carteira, _contesta())
        .distinct()
        .order_by(_p.numero)
    )
    return tuple(RecursoDaPessoa._make(linha) for linha in conn.execute(achados))


def _contesta() -> ColumnElement[bool]:
    """Se o recurso contesta a guia: ela mesma, um item dela, ou o protocolo inteiro."""
    return (
        select(_n.id)
        .where(
            _n.recurso_id == _rec.protocolo_id,
            or_(_n.guia_posicao.is_(None), _n.guia_posicao == _g.posicao),
        )
        .correlate(tabelas.recurso, tabelas.guia)
        .exists()
    )
