"""Quantos bytes cada endereço deixou no arquivo, num dia, sem se autenticar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from persistence import tabelas
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

_t = tabelas.cota_endereco
_CRIAR = InsercaoUnica(_t, [_t.c.bytes])
_DO_DIA = (_t.c.endereco == bindparam("origem"), _t.c.dia == bindparam("quando"))
_SOMAR = Pronto(update(_t).where(*_DO_DIA).values(bytes=_t.c.bytes + bindparam("mais")))
_LER = Pronto(select(_t.c.bytes).where(*_DO_DIA))


def somar(conn: Connection, endereco: str, dia: date, mais: int) -> int:
    """Soma bytes aos de um endereço num dia.

    Args:
        conn: transação de escrita.
        endereco: a rede de que vieram.
        dia: data de UTC.
        mais: bytes a somar; 0 só lê.

    Returns:
        O total, com o que os outros processos somaram.
    """
    if mais == 0:
        linha = _LER.primeira(conn, {"origem": endereco, "quando": dia})
        return 0 if linha is None else int(linha[0])
    novo = {"endereco": endereco, "dia": dia, "bytes": mais}
    if _CRIAR.executar(conn, novo) is not None:
        return mais
    par = {"origem": endereco, "quando": dia}
    _SOMAR.executar(conn, par | {"mais": mais})
    linha = _LER.primeira(conn, par)
    assert linha is not None  # noqa: S101 - acabou de mudar
    return int(linha[0])


def limpar(conn: Connection, antes: date) -> None:
    """Apaga os dias anteriores a um."""
    conn.execute(delete(_t).where(_t.c.dia < antes))
