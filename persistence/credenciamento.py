"""O cadastro de uma operadora visto por quem o administra: também os prestadores inativos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select, update

from persistence import prestadores, tabelas
from persistence.operadoras import COLUNAS as COLUNAS_DA_OPERADORA
from persistence.operadoras import de_valores as operadora_de_valores
from persistence.prestadores import COLUNAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador, VersaoAceita

_p = tabelas.prestador.c
_e = tabelas.envia_por.c
_o = tabelas.operadora.c


def por_codigo(conn: Connection, operadora_id: int, codigo: str) -> Prestador | None:
    """O prestador de um código, ativo ou não."""
    consulta = select(*COLUNAS).where(_p.operadora_id == operadora_id, _p.codigo == codigo)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else prestadores.de_valores(linha)


def listar(
    conn: Connection,
    operadora_id: int,
    *,
    depois_de: int = 0,
    limite: int = 100,
    ativo: bool | None = None,
) -> tuple[Prestador, ...]:
    """Os prestadores de uma operadora, pela ordem em que se credenciaram.

    Args:
        conn: transação.
        operadora_id: dona.
        depois_de: chave do último já visto.
        limite: quantos.
        ativo: só os que estão ou não estão ativos.
    """
    consulta = select(*COLUNAS).where(_p.operadora_id == operadora_id, _p.id > depois_de)
    if ativo is not None:
        consulta = consulta.where(_p.ativo == ativo)
    consulta = consulta.order_by(_p.id).limit(limite)
    return tuple(prestadores.de_valores(linha) for linha in conn.execute(consulta))


def codigos(conn: Connection, operadora_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Chave -> código, dos prestadores da operadora entre os dados."""
    consulta = select(_p.id, _p.codigo).where(
        _p.operadora_id == operadora_id, _p.id.in_(sorted(set(ids)))
    )
    return {linha.id: linha.codigo for linha in conn.execute(consulta)}


def mudar(conn: Connection, prestador: Prestador, mudancas: Mapping[str, Any]) -> Prestador:
    """Grava campos de um prestador, pelos nomes de ``Prestador``; o código não muda."""
    if mudancas:
        valores = dict(mudancas)
        if "versoes" in valores:
            valores["versoes"] = _em_json(valores["versoes"])
        conn.execute(
            update(tabelas.prestador)
            .where(_p.operadora_id == prestador.operadora_id, _p.id == prestador.id)
            .values(valores)
        )
    mudado = por_codigo(conn, prestador.operadora_id, prestador.codigo)
    assert mudado is not None  # noqa: S101 - prestadores não se apagam
    return mudado


def mudar_operadora(
    conn: Connection, operadora: Operadora, mudancas: Mapping[str, Any]
) -> Operadora:
    """Grava campos de uma operadora, pelos nomes de ``Operadora``; o registro ANS não muda."""
    dela = _o.id == operadora.id
    if mudancas:
        valores = dict(mudancas)
        if "versoes_recusadas" in valores:
            recusadas = valores["versoes_recusadas"]
            valores["versoes_recusadas"] = {v: dia.isoformat() for v, dia in recusadas.items()}
        conn.execute(update(tabelas.operadora).where(dela).values(valores))
    return operadora_de_valores(conn.execute(select(*COLUNAS_DA_OPERADORA).where(dela)).one())


def por_quem_envia(conn: Connection, remetente: Prestador) -> tuple[str, ...]:
    """Os códigos dos prestadores por quem um outro pode enviar."""
    consulta = (
        select(_p.codigo)
        .select_from(tabelas.envia_por.join(tabelas.prestador, _p.id == _e.executante_id))
        .where(_e.remetente_id == remetente.id, _p.operadora_id == remetente.operadora_id)
        .order_by(_p.codigo)
    )
    return tuple(conn.execute(consulta).scalars())


def proibir_envio(conn: Connection, remetente: Prestador, executante: Prestador) -> None:
    """Um prestador deixa de poder enviar guias de outro; repetir não muda nada."""
    conn.execute(
        delete(tabelas.envia_por).where(
            _e.remetente_id == remetente.id, _e.executante_id == executante.id
        )
    )


def _em_json(versoes: Sequence[VersaoAceita] | None) -> list[dict[str, str | None]] | None:
    return None if versoes is None else [prestadores.versao_em_json(v) for v in versoes]
