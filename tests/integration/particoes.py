"""Bancos partidos por mês, para os testes das partições."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from integration.cobranca import Cobranca
from integration.exemplos import Cadastro
from integration.recurso import Recorrente
from sqlalchemy import func, literal_column, select, table, text

from dominio import meses
from dominio.competencia import agora
from persistence import particoes

if TYPE_CHECKING:
    from datetime import datetime

    from integration.recepcao import Mesa

    from persistence.banco import Banco

ESTE = meses.mes(agora())


def partir(banco: Banco) -> None:
    """Parte o banco como se fosse há dois meses, para que este já tenha as suas partes."""
    assert particoes.partir(banco, meses.inicio(meses.somar(ESTE, -2)) + timedelta(days=2))
    particoes.fazer_meses(banco, agora())


def situacao(banco: Banco, quando: datetime | None = None) -> particoes.Situacao:
    """Como estão as partes, agora salvo se dito."""
    with banco.leitura() as conn:
        return particoes.situacao(conn, quando or agora())


def recorrente(mesa: Mesa) -> Recorrente:
    """Quem recorre e quem analisa, com mensagens deste mês."""
    cadastro = Cadastro(mesa.operadora, mesa.prestador)
    return Recorrente(mesa, Cobranca(mesa.banco, cadastro, prefixo=meses.mensagem_desde(ESTE)))


def valor(banco: Banco, consulta: str, **valores: Any) -> Any:
    """O único valor de uma consulta."""
    with banco.leitura() as conn:
        return conn.execute(text(consulta), valores).scalar_one()


def onde(banco: Banco, tabela: str) -> dict[str, int]:
    """Quantas linhas de uma tabela há em cada parte, sem o nome dela à frente."""
    parte = literal_column("tableoid::regclass::text")
    with banco.leitura() as conn:
        linhas = conn.execute(
            select(parte, func.count()).select_from(table(tabela)).group_by(parte)
        )
        return {nome.removeprefix(f"{tabela}_"): quantas for nome, quantas in linhas}
