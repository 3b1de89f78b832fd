"""As mensagens que chegaram em arquivo, da mais nova à mais velha, com o que se disse delas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, func, select, tuple_

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

CANAL = "upload"

_m = tabelas.mensagem.c
_p = tabelas.protocolo.c
_r = tabelas.prestador.c
_c = tabelas.critica.c


class Lugar(NamedTuple):
    """A última mensagem lida."""

    recebida_em: datetime
    id: str


COMECO = Lugar(datetime.max.replace(tzinfo=UTC), "")


class Linha(NamedTuple):
    """Uma mensagem; instantes em UTC.

    Attributes:
        detalhes: texto do erro e erros de esquema, sem dados de pacientes.
        protocolo: número que recebeu; ausente se não recebeu nenhum.
        criticas: do lote que recebeu protocolo.
    """

    id: str
    recebida_em: datetime
    prestador_codigo: str | None
    servico: str | None
    versao: str | None
    tamanho: int
    desfecho: str
    erro: str | None
    detalhes: Mapping[str, Any] | None
    protocolo: int | None
    criticas: int


class Pagina(NamedTuple):
    """Um pedaço da lista; ``lugar`` diz de onde continuar."""

    linhas: tuple[Linha, ...]
    lugar: Lugar
    ha_mais: bool


_CRITICAS = (
    select(func.count())
    .select_from(tabelas.critica)
    .where(_c.lote_id == _p.lote_id)
    .correlate(tabelas.protocolo)
    .scalar_subquery()
)
_NOMES: dict[str, ColumnElement[Any]] = {
    "prestador_codigo": _r.codigo,
    "protocolo": _p.numero,
    "criticas": _CRITICAS,
}
_LISTA = select(
    *(_NOMES[nome] if nome in _NOMES else _m[nome] for nome in Linha._fields)
).select_from(
    tabelas.mensagem.outerjoin(tabelas.prestador, _m.prestador_id == _r.id).outerjoin(
        tabelas.protocolo, (_p.mensagem_id == _m.id) & (_p.canal == CANAL)
    )
)


def listar(
    conn: Connection,
    operadora_id: int,
    *,
    desfecho: str | None = None,
    prestador_id: int | None = None,
    depois_de: Lugar = COMECO,
    limite: int = 100,
) -> Pagina:
    """As mensagens em arquivo recebidas antes de um lugar da lista, de todos ou de um prestador."""
    consulta = (
        _LISTA.where(
            _m.operadora_id == operadora_id,
            _m.canal == CANAL,
            tuple_(_m.recebida_em, _m.id) < tuple_(*depois_de),
            *(() if desfecho is None else (_m.desfecho == desfecho,)),
            *(() if prestador_id is None else (_m.prestador_id == prestador_id,)),
        )
        .order_by(_m.recebida_em.desc(), _m.id.desc())
        .limit(limite + 1)
    )
    linhas = tuple(Linha._make(valores) for valores in conn.execute(consulta))
    mostradas = linhas[:limite]
    fim = Lugar(mostradas[-1].recebida_em, mostradas[-1].id) if mostradas else depois_de
    return Pagina(mostradas, fim, len(linhas) > limite)


def uma(conn: Connection, operadora_id: int, prestador_id: int, id_mensagem: str) -> Linha | None:
    """Uma mensagem em arquivo de um prestador; ``None`` se não há, ou não é dele."""
    consulta = _LISTA.where(
        _m.operadora_id == operadora_id,
        _m.prestador_id == prestador_id,
        _m.canal == CANAL,
        _m.id == id_mensagem,
    )
    achada = conn.execute(consulta).first()
    return None if achada is None else Linha._make(achada)
