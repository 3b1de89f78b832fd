"""As métricas dos trabalhos: lidas do banco, porque quem expõe pode não ser quem trabalha."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from dominio.competencia import agora
from gateway import metricas
from persistence import entregas, particoes, trabalhos
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from persistence.banco import Banco


def atualizar(banco: Banco) -> None:
    """Põe nas métricas os trabalhos e o que falta entregar; sem banco ficam as que estavam."""
    try:
        with banco.leitura() as conn:
            execucoes = trabalhos.ultimas(conn)
            por_entregar = entregas.total_pendente(conn)
            partes = particoes.situacao(conn, agora())
    except (BancoIndisponivel, DatabaseError):
        return
    metricas.PARTICOES_PRONTAS.set(partes.prontos if partes.partido else -1)
    metricas.PARTICOES_FORA.set(len(partes.fora))
    metricas.WEBHOOKS_PENDENTES.set(por_entregar.pendentes)
    espera = agora() - por_entregar.desde if por_entregar.desde else timedelta()
    metricas.WEBHOOKS_ESPERA.set(espera.total_seconds())
    for execucao in execucoes:
        metricas.TRABALHOS_FALHAS.labels(execucao.nome).set(execucao.falhas)
        metricas.TRABALHOS_INICIO.labels(execucao.nome).set(execucao.inicio.timestamp())
        if execucao.fim is not None:
            segundos = (execucao.fim - execucao.inicio).total_seconds()
            metricas.TRABALHOS_DURACAO.labels(execucao.nome).set(segundos)
