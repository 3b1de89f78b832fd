"""As senhas com que as pessoas entram, as da operadora e as dos prestadores: só verificadores."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select, update

if TYPE_CHECKING:
    from sqlalchemy import Table

VALIDADE_DA_SENHA = timedelta(days=180)
"""Requisitos de segurança do padrão: a senha se troca em até 180 dias."""
LEMBRADAS = 3
"""Senhas passadas que não podem voltar, a atual inclusive."""


class Senhas(NamedTuple):
    """Os verificadores de uma pessoa, o atual e os passados, do mais novo ao mais velho."""

    atual: str | None
    anteriores: tuple[str, ...]

    @property
    def usadas(self) -> tuple[str, ...]:
        """Os que não podem voltar."""
        return (() if self.atual is None else (self.atual,)) + self.anteriores


def vencida(trocada_em: datetime | None, agora: datetime) -> bool:
    """Se uma senha já devia ter sido trocada; quem ainda não a criou não a tem vencida."""
    return trocada_em is not None and agora >= trocada_em + VALIDADE_DA_SENHA


def ler(conn: Connection, tabela: Table, pessoa_id: int) -> Senhas:
    """Os verificadores de uma pessoa, que fica trancada se a transação é de escrita."""
    t = tabela.c
    linha = conn.execute(
        select(t.verificador, t.anteriores).where(t.id == pessoa_id).with_for_update()
    ).one()
    return Senhas(linha.verificador, tuple(linha.anteriores or ()))


def atual(conn: Connection, tabela: Table, pessoa_id: int) -> str | None:
    """O verificador de agora, sem trancar ninguém."""
    t = tabela.c
    achado: str | None = conn.execute(
        select(t.verificador).where(t.id == pessoa_id)
    ).scalar_one_or_none()
    return achado


def trancar(conn: Connection, tabela: Table, pessoa_id: int) -> str | None:
    """O verificador de agora de quem ainda pode entrar, trancado até a transação acabar."""
    t = tabela.c
    achado: str | None = conn.execute(
        select(t.verificador).where(t.id == pessoa_id, t.ativo).with_for_update()
    ).scalar_one_or_none()
    return achado


def gravar(
    conn: Connection, tabela: Table, pessoa_id: int, verificador: str, agora: datetime
) -> None:
    """Troca a senha; a que havia passa a ser a mais nova das passadas."""
    passadas = list(ler(conn, tabela, pessoa_id).usadas)
    conn.execute(
        update(tabela)
        .where(tabela.c.id == pessoa_id)
        .values(verificador=verificador, trocada_em=agora, anteriores=passadas[: LEMBRADAS - 1])
    )
