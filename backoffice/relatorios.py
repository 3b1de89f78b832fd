"""Fazer os relatórios que esperam, um de cada vez, em segundo plano."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from backoffice.api import planilhas
from backoffice.impressos import glosas, html, pdf
from dominio.competencia import dia
from persistence import operadoras, relatorios
from persistence.consultas import glosas as consultas

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.consultas.glosas import ProtocoloGlosado
    from persistence.operadoras import Operadora
    from persistence.relatorios import Relatorio

GUARDA = timedelta(days=7)
"""Por quanto tempo um relatório se pode baixar."""


def fazer(banco: Banco, agora: datetime) -> str | None:
    """Faz todos os que esperam; diz quantos. O que não se deixa fazer fica como falhado.

    O que demora faz-se fora de transações: quem escreve não espera por um PDF.
    """
    feitos = falhados = 0
    while True:
        with banco.leitura() as conn:
            relatorio = relatorios.proximo(conn)
            if relatorio is None:
                break
            operadora = operadoras.por_id(conn, relatorio.operadora_id)
            glosado = consultas.do_protocolo(conn, operadora.id, relatorio.protocolo)
        try:
            conteudo = _conteudo(operadora, glosado, relatorio, agora)
        except Exception:  # noqa: BLE001 - um que não se deixa fazer não pode segurar os outros
            conteudo = None
        with banco.escrita() as conn:
            relatorios.concluir(conn, relatorio, conteudo, agora)
        feitos, falhados = feitos + (conteudo is not None), falhados + (conteudo is None)
    if not feitos + falhados:
        return None
    return f"relatórios feitos: {feitos}; falhados: {falhados}"


def apagar_velhos(banco: Banco, agora: datetime) -> str | None:
    """Apaga os que já não se podem baixar."""
    with banco.escrita() as conn:
        apagados = relatorios.apagar_velhos(conn, agora - GUARDA)
    return f"relatórios apagados: {apagados}" if apagados else None


def _conteudo(
    operadora: Operadora, glosado: ProtocoloGlosado | None, relatorio: Relatorio, agora: datetime
) -> bytes | None:
    if glosado is None:
        # a análise reabriu-se entre o pedido e agora
        return None
    if relatorio.formato == "csv":
        celulas: Any = glosas.linhas(operadora, glosado)
        return planilhas.planilha(glosas.TITULOS, celulas)
    folha = glosas.montar(operadora, glosado, dia(agora))
    return pdf.escrever([folha]) if relatorio.formato == "pdf" else html.escrever([folha])
