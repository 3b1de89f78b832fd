"""Os meses que vêm: as suas partes fazem-se antes de serem precisas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.errors import CheckViolation

from dominio import meses
from persistence.particoes import partes, trancas
from persistence.particoes.catalogo import (
    GRUPOS,
    LIGADAS,
    MESES_ADIANTE,
    partido,
)
from persistence.particoes.catalogo import partes as existentes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.banco import Banco
    from persistence.particoes.catalogo import Grupo


def fazer_meses(banco: Banco, agora: datetime) -> tuple[int, ...]:
    """Faz as partes que faltam do mês que corre e dos que vêm; num banco por partir, nada.

    Cada mês é uma transação curta. Um mês de que já há linhas na parte do resto (o trabalho esteve
    parado meses, ou um relógio andou adiantado) não se faz: continuam lá as que chegarem.

    Returns:
        Os meses que se fizeram.

    Raises:
        BancoIndisponivel: o banco não atendeu, ou quem grava não largou as tabelas a tempo.
    """
    with banco.leitura() as conn:
        if not partido(conn):
            return ()
    deste = meses.mes(agora)
    feitos = set()
    for grupo in GRUPOS:
        for mes in (meses.somar(deste, n) for n in range(MESES_ADIANTE + 1)):
            if _fazer(banco, grupo, mes):
                feitos.add(mes)
    return tuple(sorted(feitos))


def _fazer(banco: Banco, grupo: Grupo, mes: int) -> bool:
    def fazer(conn: Connection) -> bool:
        if _ja_tem(conn, grupo, mes):
            return False
        partes.criar(conn, grupo, str(mes), mes, meses.somar(mes, 1))
        return True

    with banco.leitura() as conn:
        if _ja_tem(conn, grupo, mes):
            return False
    try:
        # as que a parte liga: quem escreve espera, quem lê não
        return trancas.mudar(banco, LIGADAS, "SHARE ROW EXCLUSIVE", fazer)
    except CheckViolation:
        return False


def _ja_tem(conn: Connection, grupo: Grupo, mes: int) -> bool:
    dele = (p for p in existentes(conn) if p.tabela == grupo.nome and p.ate is not None)
    return any(p.de <= mes < (p.ate or 0) for p in dele)
