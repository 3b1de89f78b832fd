"""``beneficiarios import``: a carga do cadastro de beneficiários de uma operadora."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backoffice.planilha import ArquivoInvalido, Planilha, resumo_das_ruins, ruins_em_json
from backoffice.planilha_de_beneficiarios import BENEFICIARIOS
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
)
from gateway.comandos.quem import a_operadora
from persistence import beneficiarios as cadastro

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backoffice.planilha import LinhaRuim


@click.group()
def beneficiarios() -> None:
    """Beneficiários das operadoras."""


@beneficiarios.command("import")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, help="Da operadora.")
@click.option("--parcial", is_flag=True, help="Grava as linhas boas, ainda que haja ruins.")
@click.argument("arquivo", type=click.Path(path_type=Path))
def beneficiarios_import(registro_ans: str, parcial: bool, arquivo: Path, em_json: bool) -> None:
    """Cria e atualiza beneficiários de um CSV; os que não estão nele ficam como estão."""
    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            operadora = a_operadora(conn, registro_ans)
        try:
            planilha = Planilha(arquivo, BENEFICIARIOS)
            # a primeira leitura só confere: o banco não espera por um arquivo que não serve
            boas = sum(1 for _ in planilha.ler())
            ruins = list(planilha.ruins)
            if ruins and not parcial:
                mostrar(_dados(0, 0, ruins), resumo_das_ruins(ruins), em_json=em_json)
                raise Recusado(f"linhas ruins: {len(ruins)}, boas: {boas}; nada foi gravado")
            with banco.escrita() as conn:
                gravados = cadastro.gravar(conn, operadora.id, planilha.ler())
        except ArquivoInvalido as erro:
            raise MauUso(str(erro)) from None
    texto = f"novos: {gravados.novos}, atualizados: {gravados.atualizados}"
    if ruins:
        texto = f"{resumo_das_ruins(ruins)}\n{texto}, linhas ruins deixadas de fora: {len(ruins)}"
    mostrar(_dados(*gravados, ruins), texto, em_json=em_json)


def _dados(novos: int, atualizados: int, ruins: Sequence[LinhaRuim]) -> dict[str, Any]:
    return {
        "novos": novos,
        "atualizados": atualizados,
        "ruins": ruins_em_json(ruins),
    }
