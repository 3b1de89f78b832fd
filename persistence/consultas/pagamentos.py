"""A lista de pagamentos de uma operadora, do mais novo ao mais velho."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, case, func, literal_column, select, type_coerce

from dominio.pagamento import EstadoNota, EstadoPagamento, Indicador
from persistence import tabelas
from persistence.tabelas.base import REAIS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import ColumnElement


class Linha(NamedTuple):
    """Um pagamento na lista; valores em reais.

    Attributes:
        id: chave, e o número que a operadora usa.
        prestador_codigo: na operadora.
        bruto: liberado das guias que paga.
        debitos: os já gravados; na prévia faltam os que se juntam ao confirmar.
        creditos: idem.
        nota: estado da nota fiscal mais nova, se há.
    """

    id: int
    prestador_codigo: str
    prestador_nome: str
    estado: EstadoPagamento
    revisao: int
    data_prevista: date
    data: date | None
    exige_nota: bool
    bruto: Decimal
    debitos: Decimal
    creditos: Decimal
    nota: EstadoNota | None


class Recebedor(NamedTuple):
    """Um prestador, para se mostrar."""

    codigo: str
    nome: str


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        prestador: código na operadora.
        estados: por onde o pagamento passa.
        de: primeiro dia, pela data em que se pagou ou, até lá, pela prevista.
        ate: último dia.
    """

    prestador: str | None = None
    estados: tuple[EstadoPagamento, ...] = ()
    de: date | None = None
    ate: date | None = None


_t = tabelas.pagamento.c
_r = tabelas.prestador.c
_x = tabelas.pagamento_parte.c
_l = tabelas.lancamento.c
_n = tabelas.nota_fiscal.c

_NADA: ColumnElement[Any] = literal_column("0")
_quando = func.coalesce(_t.data, _t.data_prevista)
# o que se confirmou e depois se estornou continua a ser o que se pagou
_CONTA = _x.viva | _t.confirmado_em.is_not(None)


def _soma(coluna: ColumnElement[Any], *condicoes: ColumnElement[bool]) -> ColumnElement[Any]:
    consulta = select(func.coalesce(func.sum(coluna), _NADA)).where(*condicoes)
    return type_coerce(consulta.correlate(tabelas.pagamento).scalar_subquery(), REAIS)


def _lancados(indicador: Indicador) -> ColumnElement[Any]:
    return _soma(_l.valor, _l.pagamento_id == _t.id, _l.indicador == indicador.value)


_BRUTO = _soma(case((_CONTA, _x.liberado), else_=_NADA), _x.pagamento_id == _t.id)
_NOTA = (
    select(_n.estado)
    .where(_n.pagamento_id == _t.id)
    .order_by(_n.id.desc())
    .limit(1)
    .correlate(tabelas.pagamento)
    .scalar_subquery()
)
_LISTA = select(
    _t.id, _r.codigo, _r.nome, _t.estado, _t.revisao, _t.data_prevista, _t.data, _t.exige_nota,
    _BRUTO, _lancados(Indicador.DEBITO), _lancados(Indicador.CREDITO), _NOTA,
).join_from(tabelas.pagamento, tabelas.prestador)  # fmt: skip


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    antes_de: int | None = None,
    limite: int = 100,
) -> tuple[Linha, ...]:
    """Os pagamentos da operadora, do mais novo ao mais velho.

    Args:
        conn: transação.
        operadora_id: quem paga.
        filtro: o que se quer ver.
        antes_de: chave do último já visto.
        limite: quantos.
    """
    quais = (
        select(_t.id)
        .join_from(tabelas.pagamento, tabelas.prestador)
        .where(_t.operadora_id == operadora_id, *_condicoes(filtro))
        .order_by(_t.id.desc())
        .limit(limite)
    )
    if antes_de is not None:
        quais = quais.where(_t.id < antes_de)
    # as somas só dos que se mostram
    consulta = _LISTA.where(_t.id.in_(quais)).order_by(_t.id.desc())
    return tuple(_linha(v) for v in conn.execute(consulta))


def recebedores(conn: Connection, operadora_id: int, ids: Iterable[int]) -> dict[int, Recebedor]:
    """Os prestadores da operadora com as chaves dadas, pela chave."""
    consulta = select(_r.id, _r.codigo, _r.nome).where(
        _r.operadora_id == operadora_id, _r.id.in_(set(ids))
    )
    return {linha[0]: Recebedor(linha[1], linha[2]) for linha in conn.execute(consulta)}


def chave_do_prestador(conn: Connection, operadora_id: int, codigo: str) -> int | None:
    """A chave do prestador com um código, ativo ou não."""
    consulta = select(_r.id).where(_r.operadora_id == operadora_id, _r.codigo == codigo)
    return conn.execute(consulta).scalar_one_or_none()


def _condicoes(f: Filtro) -> list[ColumnElement[bool]]:
    condicoes: list[ColumnElement[bool]] = []
    if f.prestador is not None:
        condicoes.append(_r.codigo == f.prestador)
    if f.estados:
        condicoes.append(_t.estado.in_([estado.value for estado in f.estados]))
    if f.de is not None:
        condicoes.append(_quando >= f.de)
    if f.ate is not None:
        condicoes.append(_quando <= f.ate)
    return condicoes


def _linha(valores: Sequence[Any]) -> Linha:
    crua = Linha._make(valores)
    return crua._replace(
        estado=EstadoPagamento(crua.estado),
        nota=None if crua.nota is None else EstadoNota(crua.nota),
    )
