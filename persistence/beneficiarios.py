"""Os beneficiários de cada operadora: a busca por carteira e a carga de muitos de uma vez."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import JSON, Connection, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from persistence import tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import ColumnElement, Select


class Beneficiario(NamedTuple):
    """Um beneficiário; as datas são de São Paulo.

    Attributes:
        carteira: número como as guias o trazem.
        nome: como aparece em respostas que pedem nome.
        cns: cartão nacional de saúde.
        validade: último dia em que a carteira vale; ausente sem fim.
        suspenso_desde: primeiro dia da suspensão.
        suspenso_ate: último dia da suspensão; ausente enquanto dura.
        incluido_em: primeiro dia no plano.
        excluido_em: último dia no plano.
    """

    carteira: str
    nome: str
    cns: str | None = None
    validade: date | None = None
    suspenso_desde: date | None = None
    suspenso_ate: date | None = None
    incluido_em: date | None = None
    excluido_em: date | None = None


class Gravados(NamedTuple):
    """Quantos beneficiários uma carga criou e quantos atualizou."""

    novos: int
    atualizados: int


_t = tabelas.beneficiario.c
_CAMPOS = Beneficiario._fields
_LISTA = ", ".join(_CAMPOS)
_TROCAS = ", ".join(f"{campo} = excluded.{campo}" for campo in _CAMPOS[1:])
_CONTAR = select(func.count()).where(_t.operadora_id == bindparam("operadora_id"))
_MARCAS = ", ".join("?" * (len(_CAMPOS) + 1))
_NO_SQLITE = (
    f"INSERT INTO beneficiario (operadora_id, {_LISTA}) VALUES ({_MARCAS})"  # noqa: S608
    f" ON CONFLICT (operadora_id, carteira) DO UPDATE SET {_TROCAS}"
)
_SEM_PRESSA = "SET LOCAL statement_timeout = '30min'"
_PASSAGEM = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS carga_beneficiario"
    " (LIKE beneficiario) ON COMMIT DELETE ROWS"
)
_COPIAR = f"COPY carga_beneficiario (operadora_id, {_LISTA}) FROM STDIN"
_DA_PASSAGEM = (
    f"INSERT INTO beneficiario (operadora_id, {_LISTA})"  # noqa: S608
    f" SELECT operadora_id, {_LISTA} FROM carga_beneficiario"
    f" ON CONFLICT (operadora_id, carteira) DO UPDATE SET {_TROCAS}"
)


def _por_carteira(*, sqlite: bool) -> Select[Any]:
    consulta = select(*(_t[campo] for campo in _CAMPOS))
    if sqlite:
        lista = select(
            func.json_each(bindparam("carteiras", type_=JSON)).table_valued("value").c[0]
        )
        escolhidas: ColumnElement[bool] = _t.carteira.in_(lista)
    else:
        escolhidas = _t.carteira == any_(bindparam("carteiras", type_=ARRAY(Text)))
    return consulta.where(_t.operadora_id == bindparam("operadora_id"), escolhidas)


_POR_CARTEIRA = Pronto(_por_carteira(sqlite=False), sqlite=_por_carteira(sqlite=True))


def por_carteira(
    conn: Connection, operadora_id: int, carteiras: Iterable[str]
) -> dict[str, Beneficiario]:
    """Os beneficiários das carteiras dadas, numa consulta; a desconhecida fica de fora."""
    pedidas = list(dict.fromkeys(carteiras))
    if not pedidas:
        return {}
    linhas = _POR_CARTEIRA.linhas(conn, {"operadora_id": operadora_id, "carteiras": pedidas})
    achados = (Beneficiario._make(linha) for linha in linhas)
    return {beneficiario.carteira: beneficiario for beneficiario in achados}


def gravar(conn: Connection, operadora_id: int, novos: Iterable[Beneficiario]) -> Gravados:
    """Cria ou atualiza beneficiários sem os ter todos na memória; nenhum é apagado.

    Args:
        conn: transação de escrita.
        operadora_id: de quem são.
        novos: cada carteira uma só vez.
    """
    antes = conn.execute(_CONTAR, {"operadora_id": operadora_id}).scalar_one()
    recebidos = 0

    def linhas() -> Iterable[tuple[Any, ...]]:
        nonlocal recebidos
        for beneficiario in novos:
            recebidos += 1
            yield (operadora_id, *beneficiario)

    conexao: Any = conn.connection.driver_connection
    if conn.dialect.name == "postgresql":
        # um milhão de linhas não se lê nem se junta no tempo que se dá a uma mensagem
        conn.exec_driver_sql(_SEM_PRESSA)
        conn.exec_driver_sql(_PASSAGEM)
        with conexao.cursor().copy(_COPIAR) as copia:
            for linha in linhas():
                copia.write_row(linha)
        conn.exec_driver_sql(_DA_PASSAGEM)
    else:
        conexao.executemany(_NO_SQLITE, (_em_iso(linha) for linha in linhas()))
    criados = conn.execute(_CONTAR, {"operadora_id": operadora_id}).scalar_one() - antes
    return Gravados(criados, recebidos - criados)


_PRIMEIRA_DATA = 1 + _CAMPOS.index("validade")


def _em_iso(linha: tuple[Any, ...]) -> tuple[Any, ...]:
    datas = (None if data is None else data.isoformat() for data in linha[_PRIMEIRA_DATA:])
    return (*linha[:_PRIMEIRA_DATA], *datas)
