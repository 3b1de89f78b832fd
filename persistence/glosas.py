"""As glosas de um protocolo, no nível em que estão: protocolo, guia, item ou grau."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from dominio.analise import Glosa
from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dominio.analise import GuiaAnalisada


class GlosaGuardada(NamedTuple):
    """Uma glosa com o lugar em que está.

    Attributes:
        id: chave no banco.
        guia_posicao: ausente se é do protocolo.
        item_posicao: ausente se é da guia ou do protocolo.
        grau: ``dm_grauPart``, se é da parte de um item; vazio se é do item inteiro.
        glosa: código, valor em reais e texto.
        origem: ``pessoa`` ou ``regra``.
    """

    id: int
    guia_posicao: int | None
    item_posicao: int | None
    grau: str | None
    glosa: Glosa
    origem: str


_t = tabelas.glosa.c


def do_protocolo(conn: Connection, protocolo_id: int) -> tuple[GlosaGuardada, ...]:
    """Todas as de um protocolo: primeiro as dele, depois as das guias e dos itens, em ordem."""
    ordem = (_t.guia_posicao, _t.item_posicao, _t.grau)
    consulta = (
        select(
            _t.id, _t.guia_posicao, _t.item_posicao, _t.grau, _t.codigo, _t.valor, _t.texto,
            _t.origem,
        )
        .where(_t.protocolo_id == protocolo_id)
        .order_by(*(coluna.nulls_first() for coluna in ordem), _t.id)
    )  # fmt: skip
    return tuple(
        GlosaGuardada(*linha[:4], Glosa(*linha[4:7]), linha[7]) for linha in conn.execute(consulta)
    )


def substituir_do_protocolo(
    conn: Connection, protocolo_id: int, glosas: Sequence[Glosa], origem: str
) -> None:
    """Troca as glosas do próprio protocolo; as das guias ficam."""
    _apagar(conn, protocolo_id, _t.guia_posicao.is_(None))
    _inserir(conn, (_linha(protocolo_id, (None, None, None), g, origem) for g in glosas))


def apagar_das_guias(conn: Connection, protocolo_id: int, posicoes: Sequence[int]) -> None:
    """Tira as glosas das guias dadas e dos seus itens; as outras ficam."""
    _apagar(conn, protocolo_id, _t.guia_posicao.in_(posicoes))


def gravar_das_guias(
    conn: Connection, protocolo_id: int, guias: Sequence[GuiaAnalisada], origem: str
) -> None:
    """Guarda as glosas de guias que não têm nenhuma guardada."""

    def linhas() -> Iterable[dict[str, Any]]:
        for guia in guias:
            for glosa in guia.glosas:
                yield _linha(protocolo_id, (guia.posicao, None, None), glosa, origem)
            for item in guia.itens:
                for glosa in item.glosas:
                    lugar = (guia.posicao, item.posicao, item.grau)
                    yield _linha(protocolo_id, lugar, glosa, origem)

    _inserir(conn, linhas())


def _apagar(conn: Connection, protocolo_id: int, quais: ColumnElement[bool]) -> None:
    conn.execute(delete(tabelas.glosa).where(_t.protocolo_id == protocolo_id, quais))


def _inserir(conn: Connection, linhas: Iterable[dict[str, Any]]) -> None:
    novas = list(linhas)
    if novas:
        conn.execute(insert(tabelas.glosa), novas)


def _linha(
    protocolo_id: int, lugar: tuple[int | None, int | None, str | None], glosa: Glosa, origem: str
) -> dict[str, Any]:
    guia, item, grau = lugar
    return {
        "protocolo_id": protocolo_id,
        "guia_posicao": guia,
        "item_posicao": item,
        "grau": grau,
        "origem": origem,
        **glosa._asdict(),
    }
