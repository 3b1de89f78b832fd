"""As políticas de uma operadora para análise e pagamento; sem linha, valem as comuns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from dominio.analise import Politica
from dominio.dinheiro import ZERO
from dominio.pagamento import TipoLancamento
from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


class PoliticaDeCobranca(NamedTuple):
    """O que a operadora escolhe.

    Attributes:
        valores: como os quatro valores de um item se ligam.
        exige_nota: ``nunca``, ``pessoa-juridica`` ou ``todos``: de quem se espera nota fiscal.
        tarifa_bancaria: reais descontados de um depósito fora de ``bancos_sem_tarifa``.
        bancos_sem_tarifa: códigos de banco.
    """

    valores: Politica = Politica.PADRAO
    exige_nota: str = "nunca"
    tarifa_bancaria: Decimal = ZERO
    bancos_sem_tarifa: tuple[str, ...] = ()


_t = tabelas.politica_cobranca.c
_r = tabelas.retencao.c
_o = tabelas.operadora.c


def ler(conn: Connection, operadora_id: int) -> PoliticaDeCobranca:
    """As políticas de uma operadora."""
    consulta = select(*(_t[nome] for nome in PoliticaDeCobranca._fields))
    linha = conn.execute(consulta.where(_t.operadora_id == operadora_id)).one_or_none()
    if linha is None:
        return PoliticaDeCobranca()
    return PoliticaDeCobranca(
        Politica(linha.valores),
        linha.exige_nota,
        linha.tarifa_bancaria,
        tuple(linha.bancos_sem_tarifa),
    )


def gravar(conn: Connection, operadora_id: int, politica: PoliticaDeCobranca) -> None:
    """Guarda as políticas de uma operadora no lugar das que havia."""
    conn.execute(delete(tabelas.politica_cobranca).where(_t.operadora_id == operadora_id))
    conn.execute(
        insert(tabelas.politica_cobranca),
        {
            "operadora_id": operadora_id,
            **politica._asdict(),
            "bancos_sem_tarifa": list(politica.bancos_sem_tarifa),
        },
    )


def trancar(conn: Connection, operadora_id: int) -> None:
    """Faz esperar, até o fim da transação, quem também mude as políticas da operadora."""
    chave = select(_o.id).where(_o.id == operadora_id)
    conn.execute(chave.with_for_update(key_share=True)).one()


def retencoes(
    conn: Connection, operadora_id: int, prestador_id: int
) -> dict[TipoLancamento, Decimal]:
    """Percentuais que se retêm de um prestador; o dele vale em lugar do da operadora."""
    valem = gravadas(conn, operadora_id, prestador_id)
    return {tipo: percentual for tipo, (percentual, _) in valem.items()}


def gravadas(
    conn: Connection, operadora_id: int, prestador_id: int | None
) -> dict[TipoLancamento, tuple[Decimal, bool]]:
    """As retenções que valem, e se o percentual é do próprio prestador.

    Args:
        conn: transação.
        operadora_id: de quem são.
        prestador_id: a quem valem; ausente, só as da operadora.
    """
    da_operadora = _r.prestador_id.is_(None)
    # de nenhum prestador, a segunda comparação não acha nada
    de_quem = da_operadora | (_r.prestador_id == (prestador_id or 0))
    consulta = select(_r.tipo, _r.percentual, ~da_operadora).where(
        _r.operadora_id == operadora_id, de_quem
    )
    linhas = conn.execute(consulta.order_by(_r.prestador_id.nulls_first()))
    return {TipoLancamento(tipo): (percentual, dele) for tipo, percentual, dele in linhas}


def gravar_retencoes(
    conn: Connection,
    operadora_id: int,
    prestador_id: int | None,
    percentuais: Mapping[TipoLancamento, Decimal],
) -> None:
    """Guarda os percentuais de um prestador, ou de todos, no lugar dos que havia."""
    dele = _r.prestador_id.is_(None) if prestador_id is None else _r.prestador_id == prestador_id
    conn.execute(delete(tabelas.retencao).where(_r.operadora_id == operadora_id, dele))
    if percentuais:
        conn.execute(
            insert(tabelas.retencao),
            [
                {
                    "operadora_id": operadora_id,
                    "prestador_id": prestador_id,
                    "tipo": tipo.value,
                    "percentual": percentual,
                }
                for tipo, percentual in percentuais.items()
            ],
        )
