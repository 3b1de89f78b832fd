"""As métricas dos trabalhos: lidas do banco, porque quem expõe pode não ser quem trabalha."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from gateway import metricas
from persistence import trabalhos
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from persistence.banco import Banco


def atualizar(banco: Banco) -> None:
    """Põe nas métricas a última execução de cada trabalho; sem banco ficam as que estavam."""
    try:
        with banco.leitura() as conn:
            execucoes = trabalhos.ultimas(conn)
    except (BancoIndisponivel, DatabaseError):
        return
    for execucao in execucoes:
        metricas.TRABALHOS_FALHAS.labels(execucao.nome).set(execucao.falhas)
        metricas.TRABALHOS_INICIO.labels(execucao.nome).set(execucao.inicio.timestamp())
        if execucao.fim is not None:
            segundos = (execucao.fim - execucao.inicio).total_seconds()
            metricas.TRABALHOS_DURACAO.labels(execucao.nome).set(segundos)
