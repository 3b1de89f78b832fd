"""O registro das chaves que já cifraram algo neste banco."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from persistence import tabelas

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.cifra import Cifra

_c = tabelas.chave.c


def conhecidas(conn: Connection) -> list[str]:
    """Identificação de cada chave registrada."""
    return list(conn.execute(select(_c.id).order_by(_c.registrada_em, _c.id)).scalars())


def registrada(cifra: Cifra, chave: str) -> bool:
    """Se já se viu neste processo que uma chave está registrada no banco."""
    return chave in cifra.registradas


def registrar(conn: Connection, cifra: Cifra) -> None:
    """Deixa registrada a chave em uso, se este arquivo de chaves é o deste banco.

    Raises:
        ChavesInvalidas: o arquivo não tem uma chave que cifra mensagens deste banco.
    """
    em_uso = cifra.em_uso()
    if registrada(cifra, em_uso):
        return
    ja = conhecidas(conn)
    if em_uso not in ja and conn.dialect.name != "sqlite":
        # dois nós com arquivos diferentes não podem registrar ao mesmo tempo a primeira
        conn.exec_driver_sql("LOCK TABLE chave IN SHARE ROW EXCLUSIVE MODE")
        ja = conhecidas(conn)
    cifra.exigir(ja)
    if em_uso in ja:
        cifra.registradas.add(em_uso)
        return
    # só se dá por registrada quando se vê gravada: esta transação ainda pode desfazer-se
    conn.execute(insert(tabelas.chave).values(id=em_uso, registrada_em=datetime.now(UTC)))
