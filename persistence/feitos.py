"""Os pedidos já feitos, pela chave de quem chama: a repetição acha o que o primeiro fez."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select, update

from persistence import tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement


class Feito(NamedTuple):
    """O que uma chave já fez.

    Attributes:
        sha256: do conteúdo do pedido.
        alvo: chave da linha que ele criou.
    """

    sha256: str
    alvo: int


_t = tabelas.pedido_feito.c
_RESERVAR = InsercaoUnica(tabelas.pedido_feito, [_t.chave])


def reservar(
    conn: Connection, operadora_id: int, acao: str, chave: str, *, sha256: str, agora: datetime
) -> Feito | None:
    """Prende a chave a este pedido; se já é de outro, diz o que ele fez.

    No PostgreSQL, se outra transação está com a mesma chave, espera por ela.
    """
    nova = {
        "operadora_id": operadora_id,
        "acao": acao,
        "chave": chave,
        "sha256": sha256,
        "alvo": None,
        "em": agora,
    }
    if _RESERVAR.executar(conn, nova) is not None:
        return None
    consulta = select(_t.sha256, _t.alvo).where(*_qual(operadora_id, acao, chave))
    return Feito._make(conn.execute(consulta).one())


def anotar(conn: Connection, operadora_id: int, acao: str, chave: str, alvo: int) -> None:
    """Diz que linha o pedido reservado criou; na mesma transação."""
    conn.execute(
        update(tabelas.pedido_feito).where(*_qual(operadora_id, acao, chave)).values(alvo=alvo)
    )


def _qual(operadora_id: int, acao: str, chave: str) -> tuple[ColumnElement[bool], ...]:
    return (_t.operadora_id == operadora_id, _t.acao == acao, _t.chave == chave)
