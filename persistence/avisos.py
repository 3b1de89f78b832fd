"""Até que aviso já leu cada conta que fala por um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, or_, select, update

from persistence import tabelas

if TYPE_CHECKING:
    from datetime import datetime

_a = tabelas.acesso_conta.c


class Leitura(NamedTuple):
    """O que se sabe de quem lê.

    Attributes:
        desde: quando lhe deram o acesso, em UTC; o que veio antes não é aviso para ele.
        ate: instante em UTC do aviso mais novo que já deu por lido; ausente, nenhum.
    """

    desde: datetime
    ate: datetime | None


def leitura(conn: Connection, operadora_id: int, acesso_id: int) -> Leitura:
    """A de um acesso de uma conta, que se sabe que há."""
    consulta = select(_a.criado_em, _a.avisos_ate).where(
        _a.operadora_id == operadora_id, _a.id == acesso_id
    )
    return Leitura._make(conn.execute(consulta).one())


def dar_por_lidos(conn: Connection, operadora_id: int, acesso_id: int, ate: datetime) -> bool:
    """Dá por lidos os avisos até um instante; diz se algum passou a lido."""
    comando = (
        update(tabelas.acesso_conta)
        .where(
            _a.operadora_id == operadora_id,
            _a.id == acesso_id,
            or_(_a.avisos_ate.is_(None), _a.avisos_ate < ate),
        )
        .values(avisos_ate=ate)
    )
    return conn.execute(comando).rowcount > 0
