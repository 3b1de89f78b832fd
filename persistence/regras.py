"""O que a operadora mudou nas regras, e o que as regras perguntam ao que já foi recebido."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from persistence import tabelas
from persistence.conexao_postgres import comando
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

LOTES_POR_GUIA = 10
"""De quantos lotes vivos, do mais novo para trás, se olham as apresentações de uma mesma guia.

Limita o trabalho quando um prestador repete números de guia sem fim.
"""


class Ajuste(NamedTuple):
    """O que se mudou numa regra; o que falta fica como estava.

    Attributes:
        nivel: um dos níveis que uma regra pode ter.
        tolerancia: na unidade da regra.
        texto: em lugar do texto da regra.
    """

    nivel: str | None = None
    tolerancia: int | None = None
    texto: str | None = None


class Ajustes(NamedTuple):
    """Tudo o que vale para os lotes de um prestador.

    Attributes:
        da_operadora: regra -> ajuste para todos os prestadores.
        do_prestador: regra -> ajuste só para este, que vale por cima.
        com_beneficiarios: se a operadora tem beneficiários cadastrados.
        com_calendario: se tem calendário de faturamento.
    """

    da_operadora: dict[str, Ajuste]
    do_prestador: dict[str, Ajuste]
    com_beneficiarios: bool
    com_calendario: bool = False


class ItemApresentado(NamedTuple):
    """Um item de uma guia com o mesmo número de uma que se apresenta agora.

    Attributes:
        posicao: da guia que se apresenta agora.
        tabela: do item de antes.
        codigo: do item de antes.
        data: do item de antes.
        protocolo: número do protocolo em que ele está.
        prestador_id: quem enviou esse protocolo.
    """

    posicao: int
    tabela: str
    codigo: str
    data: date
    protocolo: int
    prestador_id: int


class GuiaProcurada(NamedTuple):
    """O que identifica uma guia entre as do mesmo executante."""

    posicao: int
    numero: str
    executante_id: int


_a = tabelas.regra_ajuste.c
_o = tabelas.operadora.c
_b = tabelas.beneficiario.c
_c = tabelas.periodo.c

# parte-se da operadora para saber o que ela tem ainda que nada esteja ajustado
_AJUSTES = Pronto(
    select(
        exists().where(_b.operadora_id == _o.id),
        exists().where(_c.operadora_id == _o.id),
        _a.prestador_id,
        _a.regra,
        _a.nivel,
        _a.tolerancia,
        _a.texto,
    )
    .select_from(
        tabelas.operadora.outerjoin(
            tabelas.regra_ajuste,
            and_(
                _a.operadora_id == _o.id,
                or_(_a.prestador_id.is_(None), _a.prestador_id == bindparam("prestador_id")),
            ),
        )
    )
    .where(_o.id == bindparam("operadora_id"))
)

_VALE = """lote.vivo AND lote.tipo = :tipo
    AND NOT (lote.prestador_id = :prestador_id AND lote.numero = :numero)"""
_ITENS = """
JOIN item ON item.lote_id = g.lote_id AND item.guia_posicao = g.posicao
JOIN protocolo ON protocolo.lote_id = g.lote_id AND protocolo.homologacao = :homologacao"""
_COLUNAS = "item.tabela, item.codigo, item.data, protocolo.numero, protocolo.prestador_id"
# as guias acham-se todas de uma vez: uma a uma, cada uma procurava-se em cada parte de um mês
_NO_POSTGRES = f"""
WITH antes AS MATERIALIZED (
    SELECT lote_id, posicao, numero_prestador, executante_id FROM guia
    WHERE numero_prestador = ANY(CAST(:numeros AS text[]))
      AND executante_id = ANY(CAST(:executantes AS bigint[])) AND status NOT IN (4, 9)
), g AS (
    SELECT k.posicao AS qual, antes.lote_id, antes.posicao,
      row_number() OVER (PARTITION BY k.posicao ORDER BY antes.lote_id DESC) AS vez
    FROM unnest(
        CAST(:posicoes AS integer[]), CAST(:numeros AS text[]), CAST(:executantes AS bigint[])
    ) AS k(posicao, numero, executante)
    JOIN antes ON antes.numero_prestador = k.numero AND antes.executante_id = k.executante
    JOIN lote ON lote.id = antes.lote_id
    WHERE {_VALE}
)
SELECT g.qual, {_COLUNAS}
FROM g
{_ITENS}
WHERE g.vez <= :limite"""  # noqa: S608 - só textos daqui
_NO_SQLITE = f"""
SELECT k.value ->> 0, {_COLUNAS}
FROM json_each(:guias) AS k
JOIN guia AS g ON (g.lote_id, g.posicao) IN (
    SELECT antes.lote_id, antes.posicao
    FROM guia AS antes JOIN lote ON lote.id = antes.lote_id
    WHERE antes.numero_prestador = k.value ->> 1 AND antes.executante_id = k.value ->> 2
      AND antes.status NOT IN (4, 9) AND {_VALE}
    ORDER BY antes.lote_id DESC LIMIT :limite
)
{_ITENS}"""  # noqa: S608 - só textos daqui


def _consulta(sql: str, **listas: Any) -> Any:
    i, p = tabelas.item.c, tabelas.protocolo.c
    return (
        text(sql)
        .bindparams(
            bindparam("homologacao", type_=p.homologacao.type),
            *(bindparam(nome, type_=tipo) for nome, tipo in listas.items()),
        )
        .columns(i.guia_posicao, i.tabela, i.codigo, i.data, p.numero, p.prestador_id)
    )


_APRESENTADOS = Pronto(
    _consulta(
        _NO_POSTGRES,
        posicoes=ARRAY(Integer),
        numeros=ARRAY(Text),
        executantes=ARRAY(BigInteger),
    ),
    sqlite=_consulta(_NO_SQLITE, guias=JSON()),
)


def ajustes(conn: Connection, operadora_id: int, prestador_id: int | None) -> Ajustes:
    """O que vale para um prestador da operadora, ou só para ela, numa consulta."""
    linhas = _AJUSTES.linhas(conn, {"operadora_id": operadora_id, "prestador_id": prestador_id})
    da_operadora: dict[str, Ajuste] = {}
    do_prestador: dict[str, Ajuste] = {}
    for _, _, dono, regra, *valores in linhas:
        if regra is not None:
            (da_operadora if dono is None else do_prestador)[regra] = Ajuste._make(valores)
    tem = linhas[0] if linhas else (False, False)
    return Ajustes(da_operadora, do_prestador, bool(tem[0]), bool(tem[1]))


def ajustar(
    conn: Connection, operadora_id: int, prestador_id: int | None, regra: str, ajuste: Ajuste
) -> None:
    """Troca o ajuste inteiro de uma regra; o vazio o desfaz."""
    conn.execute(delete(tabelas.regra_ajuste).where(*_de(operadora_id, prestador_id, regra)))
    if ajuste != Ajuste():
        chave = {"operadora_id": operadora_id, "prestador_id": prestador_id, "regra": regra}
        conn.execute(insert(tabelas.regra_ajuste), {**chave, **ajuste._asdict()})


def _de(operadora_id: int, prestador_id: int | None, regra: str) -> list[ColumnElement[bool]]:
    return [
        _a.operadora_id == operadora_id,
        _a.prestador_id.is_(None) if prestador_id is None else _a.prestador_id == prestador_id,
        _a.regra == regra,
    ]


def apresentados(
    conn: Connection,
    guias: Sequence[GuiaProcurada],
    *,
    tipo: str,
    prestador_id: int,
    numero: str,
    homologacao: bool,
) -> tuple[ItemApresentado, ...]:
    """Itens das guias do mesmo número, tipo e executante que estão em lotes vivos, numa consulta.

    Guias e lotes cancelados ou encerrados não contam, nem o lote vivo do mesmo número, que é este
    mesmo lote enviado outra vez; homologação só se compara com homologação.

    Args:
        conn: transação aberta.
        guias: as que se apresentam agora.
        tipo: valor de ``TipoGuia``.
        prestador_id: de quem é o lote que se apresenta.
        numero: número do lote que se apresenta.
        homologacao: se o lote é de homologação.
    """
    if not guias:
        return ()
    valores: dict[str, Any] = {
        "tipo": tipo,
        "prestador_id": prestador_id,
        "numero": numero,
        "homologacao": homologacao,
        "limite": LOTES_POR_GUIA,
    }
    if conn.dialect.name == "sqlite":
        valores["guias"] = [list(guia) for guia in guias]
    else:
        # planear sobre todas as partes custa dez vezes a consulta: o plano guardado serve sempre
        comando(conn, "SET LOCAL plan_cache_mode = force_generic_plan")
        posicoes, numeros, executantes = zip(*guias, strict=True)
        valores |= {
            "posicoes": list(posicoes),
            "numeros": list(numeros),
            "executantes": list(executantes),
        }
    return tuple(ItemApresentado._make(linha) for linha in _APRESENTADOS.linhas(conn, valores))
