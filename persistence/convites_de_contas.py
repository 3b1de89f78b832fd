"""Os convites das contas de prestador: os que dão um acesso e os que dão outra senha."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from persistence import contas, operadoras, prestadores, tabelas
from persistence.contas import Conta

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

VALIDADE = timedelta(days=7)
DE_ACESSO = "convp_"
DE_SENHA = "senhap_"
"""O de um que só dá senha; o resumo guardado é do texto inteiro, e um não passa por outro."""
_SEGREDO_BYTES = 32


class Convidada(NamedTuple):
    """O que um convite que ainda vale dá: uma conta e um prestador de uma operadora."""

    conta: Conta
    operadora: Operadora
    prestador: Prestador


_c = tabelas.conta_prestador.c
_v = tabelas.convite_prestador.c
_p = tabelas.prestador.c
_o = tabelas.operadora.c
_N_OPERADORA = len(operadoras.COLUNAS)
_CONVITE = (
    select(*contas.COLUNAS, *operadoras.COLUNAS, *prestadores.COLUNAS)
    .select_from(
        tabelas.convite_prestador.join(tabelas.conta_prestador, _v.conta_id == _c.id)
        .join(tabelas.prestador, _v.prestador_id == _p.id)
        .join(tabelas.operadora, _v.operadora_id == _o.id)
    )
    .where(_c.ativo, _p.ativo)
)


def criar(
    conn: Connection,
    conta: Conta,
    prestador: Prestador,
    agora: datetime,
    *,
    prefixo: str = DE_ACESSO,
) -> str:
    """Sorteia um convite e dá o seu texto, que não se lê de novo.

    Os de antes, da mesma operadora à mesma conta, deixam de valer.

    Args:
        conn: transação de escrita.
        conta: quem se convida.
        prestador: por quem vai falar.
        agora: instante com fuso.
        prefixo: o que o convite dá: acesso ou só senha.
    """
    conn.execute(
        update(tabelas.convite_prestador)
        .where(
            _v.conta_id == conta.id,
            _v.operadora_id == prestador.operadora_id,
            _v.usado_em.is_(None),
        )
        .values(usado_em=agora)
    )
    texto = f"{prefixo}{secrets.token_urlsafe(_SEGREDO_BYTES)}"
    conn.execute(
        insert(tabelas.convite_prestador),
        {
            "conta_id": conta.id,
            "operadora_id": prestador.operadora_id,
            "prestador_id": prestador.id,
            "sha256": _resumo(texto),
            "criado_em": agora,
            "expira_em": agora + VALIDADE,
        },
    )
    return texto


def ver(conn: Connection, texto: str, agora: datetime) -> Convidada | None:
    """O que dá um convite que ainda vale, sem o gastar."""
    linha = conn.execute(
        _CONVITE.where(_v.sha256 == _resumo(texto), _v.usado_em.is_(None), _v.expira_em > agora)
    ).one_or_none()
    return None if linha is None else _convidada(linha)


def usar(conn: Connection, texto: str, agora: datetime) -> Convidada | None:
    """Gasta um convite que valha e dá o que ele dava."""
    gasto = conn.execute(
        update(tabelas.convite_prestador)
        .where(_v.sha256 == _resumo(texto), _v.usado_em.is_(None), _v.expira_em > agora)
        .values(usado_em=agora)
        .returning(_v.id)
    ).scalar_one_or_none()
    if gasto is None:
        return None
    linha = conn.execute(_CONVITE.where(_v.id == gasto)).one_or_none()
    return None if linha is None else _convidada(linha)


def _convidada(linha: Any) -> Convidada:
    n = len(contas.COLUNAS)
    return Convidada(
        Conta._make(linha[:n]),
        operadoras.de_valores(linha[n : n + _N_OPERADORA]),
        prestadores.de_valores(linha[n + _N_OPERADORA :]),
    )


def _resumo(texto: str) -> str:
    return hashlib.sha256(texto.encode()).hexdigest()
