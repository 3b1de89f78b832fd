"""O que a análise automática achou e não decidiu: fica para uma pessoa, ou vira crítica."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIXO = "analise."
"""Começo do nome de regra das críticas que vêm da análise, e não da recepção."""


class Apontamento(NamedTuple):
    """Um achado de uma regra de análise.

    Attributes:
        guia_posicao: no lote, a partir de 1.
        item_posicao: na guia; ausente se é da guia.
        regra: nome estável.
        acao: ``critica`` ou ``pessoa``.
        codigo: da tabela 38.
        texto: em português, sem valores da mensagem.
    """

    guia_posicao: int
    item_posicao: int | None
    regra: str
    acao: str
    codigo: str
    texto: str


_t = tabelas.analise_apontamento.c
_c = tabelas.critica.c


def substituir(conn: Connection, protocolo_id: int, novos: Sequence[Apontamento]) -> None:
    """Troca todos os de um protocolo."""
    conn.execute(delete(tabelas.analise_apontamento).where(_t.protocolo_id == protocolo_id))
    if novos:
        conn.execute(
            insert(tabelas.analise_apontamento),
            [{"protocolo_id": protocolo_id, **novo._asdict()} for novo in novos],
        )


def do_protocolo(conn: Connection, protocolo_id: int) -> tuple[Apontamento, ...]:
    """Os de um protocolo, na ordem em que se acharam."""
    consulta = (
        select(*(_t[nome] for nome in Apontamento._fields))
        .where(_t.protocolo_id == protocolo_id)
        .order_by(_t.id)
    )
    return tuple(Apontamento._make(linha) for linha in conn.execute(consulta))


def que_esperam(conn: Connection, protocolo_id: int) -> frozenset[int]:
    """Posições das guias que uma pessoa ainda tem de decidir."""
    consulta = select(_t.guia_posicao).where(_t.protocolo_id == protocolo_id, _t.acao == "pessoa")
    return frozenset(conn.execute(consulta).scalars())


def resolver(conn: Connection, protocolo_id: int, guias: Sequence[int]) -> None:
    """Tira a espera das guias cujo resultado alguém registrou; as críticas ficam."""
    conn.execute(
        delete(tabelas.analise_apontamento).where(
            _t.protocolo_id == protocolo_id, _t.guia_posicao.in_(guias), _t.acao == "pessoa"
        )
    )


def publicar_criticas(conn: Connection, protocolo_id: int, lote_id: int) -> None:
    """Põe os que são críticas entre as críticas do lote, que o prestador vê."""
    novas = [
        {
            "lote_id": lote_id,
            "guia_posicao": a.guia_posicao,
            "item_posicao": a.item_posicao,
            "regra": PREFIXO + a.regra,
            "codigo": a.codigo,
            "nivel": "critica",
            "texto": a.texto,
        }
        for a in do_protocolo(conn, protocolo_id)
        if a.acao == "critica"
    ]
    if novas:
        conn.execute(insert(tabelas.critica), novas)


def retirar_criticas(conn: Connection, lote_id: int) -> None:
    """Desfaz ``publicar_criticas``."""
    conn.execute(delete(tabelas.critica).where(_c.lote_id == lote_id, _c.regra.startswith(PREFIXO)))
