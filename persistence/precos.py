"""As tabelas de preços de cada operadora e as regras da sua análise automática."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from decimal import Decimal


class Preco(NamedTuple):
    """O preço unitário de um procedimento ou item, enquanto vigora.

    Attributes:
        tabela: ``codigoTabela``.
        codigo: ``codigoProcedimento``.
        inicio: primeiro dia.
        valor: reais.
        fim: último dia; ausente sem fim.
    """

    tabela: str
    codigo: str
    inicio: date
    valor: Decimal
    fim: date | None = None


class Procura(NamedTuple):
    """De que se quer o preço, e em que dia."""

    tabela: str
    codigo: str
    data: date


class AjusteDeRegra(NamedTuple):
    """O que a operadora mudou numa regra de análise.

    Attributes:
        acao: ``glosa``, ``critica``, ``pessoa`` ou ``desligada``.
        codigo: da tabela 38; ausente é o da regra.
    """

    acao: str
    codigo: str | None = None


_t = tabelas.preco.c
_r = tabelas.regra_analise.c
_POR_VEZ = 500
_PEDACO = 1000


def gravar(conn: Connection, operadora_id: int, precos: Iterable[Preco]) -> int:
    """Cria ou troca preços sem os ter todos na memória; dá quantos.

    Um preço é outro quando começa noutro dia; o mesmo começo troca valor e fim.
    """
    inserir = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(tabelas.preco)
    comando = inserir.on_conflict_do_update(
        index_elements=[_t.operadora_id, _t.tabela, _t.codigo, _t.inicio],
        set_={"valor": inserir.excluded.valor, "fim": inserir.excluded.fim},
    )
    gravados = 0
    restantes = iter(precos)
    while pedaco := list(islice(restantes, _PEDACO)):
        conn.execute(comando, [{"operadora_id": operadora_id, **p._asdict()} for p in pedaco])
        gravados += len(pedaco)
    return gravados


def do_codigo(conn: Connection, operadora_id: int, tabela: str, codigo: str) -> tuple[Preco, ...]:
    """Os preços que um código teve, do que começou por último ao primeiro."""
    consulta = (
        select(*(_t[nome] for nome in Preco._fields))
        .where(_t.operadora_id == operadora_id, _t.tabela == tabela, _t.codigo == codigo)
        .order_by(_t.inicio.desc())
    )
    return tuple(Preco._make(linha) for linha in conn.execute(consulta))


def vigentes(
    conn: Connection, operadora_id: int, procuras: Iterable[Procura]
) -> dict[Procura, Decimal]:
    """Preço unitário em reais de cada procura; falta a que não tem preço no dia.

    Entre dois preços vigentes vale o que começou depois.
    """
    pedidas = set(procuras)
    historia: dict[tuple[str, str], list[Preco]] = {}
    codigos = sorted({procura.codigo for procura in pedidas})
    consulta = (
        select(*(_t[nome] for nome in Preco._fields))
        .where(_t.operadora_id == operadora_id, _t.codigo.in_(bindparam("codigos", expanding=True)))
        .order_by(_t.inicio.desc())
    )
    for pedaco in _em_pedacos(codigos):
        for linha in conn.execute(consulta, {"codigos": pedaco}):
            preco = Preco._make(linha)
            historia.setdefault((preco.tabela, preco.codigo), []).append(preco)
    achados: dict[Procura, Decimal] = {}
    for procura in pedidas:
        for preco in historia.get((procura.tabela, procura.codigo), ()):
            if preco.inicio <= procura.data and (preco.fim is None or procura.data <= preco.fim):
                achados[procura] = preco.valor
                break
    return achados


def regras(conn: Connection, operadora_id: int) -> dict[str, AjusteDeRegra]:
    """As regras de análise que a operadora mudou."""
    consulta = select(_r.regra, _r.acao, _r.codigo).where(_r.operadora_id == operadora_id)
    return {regra: AjusteDeRegra(*ajuste) for regra, *ajuste in conn.execute(consulta)}


def gravar_regras(
    conn: Connection, operadora_id: int, ajustes: Mapping[str, AjusteDeRegra]
) -> None:
    """Guarda o que a operadora muda nas regras dadas; as outras ficam."""
    conn.execute(
        delete(tabelas.regra_analise).where(
            _r.operadora_id == operadora_id, _r.regra.in_(list(ajustes))
        )
    )
    if ajustes:
        conn.execute(
            insert(tabelas.regra_analise),
            [
                {"operadora_id": operadora_id, "regra": regra, **ajuste._asdict()}
                for regra, ajuste in ajustes.items()
            ],
        )


def _em_pedacos(codigos: list[str]) -> Iterable[list[str]]:
    return (codigos[n : n + _POR_VEZ] for n in range(0, len(codigos), _POR_VEZ))
