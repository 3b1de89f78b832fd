"""``limites``: quantas mensagens cada prestador pode enviar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.comandos.comum import (
    MauUso,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    tabela,
)
from gateway.comandos.quem import a_operadora, o_prestador
from gateway.configuracao import carregar
from persistence import baldes
from persistence.baldes import Limite

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAIOR = 1_000_000
_TITULOS = ["de quem", "por minuto", "rajada"]


@click.group()
def limites() -> None:
    """Quantas mensagens por minuto cada prestador pode enviar."""


@limites.command("list")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, help="Da operadora.")
def limites_list(registro_ans: str, em_json: bool) -> None:
    """Os limites de uma operadora, e o que vale para quem não tem nenhum."""
    padrao = carregar().limits
    with banco_em_dia() as banco, banco.leitura() as conn:
        ditos = baldes.da_operadora(conn, _operadora_id(conn, registro_ans))
    dados = [_dados(codigo or "operadora", limite) for codigo, limite in ditos]
    dados.append(_dados("padrão", Limite(padrao.per_minute, padrao.burst)))
    linhas = [[d["de"], str(d["porMinuto"] or "sem limite"), str(d["rajada"])] for d in dados]
    mostrar({"limites": dados}, tabela(_TITULOS, linhas), em_json=em_json)


@limites.command("set")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, help="Da operadora.")
@click.option("--prestador", "codigo", help="Só para um prestador; vale por cima do da operadora.")
@click.option("--por-minuto", type=click.IntRange(0, _MAIOR), help="0 é sem limite.")
@click.option("--rajada", type=click.IntRange(1, _MAIOR), help="De uma vez; sem dizer, um terço.")
@click.option("--padrao", is_flag=True, help="Desfaz o que se tinha dito.")
def limites_set(
    registro_ans: str,
    codigo: str | None,
    por_minuto: int | None,
    rajada: int | None,
    padrao: bool,
    em_json: bool,
) -> None:
    """Muda o limite, que os processos no ar leem em meio minuto."""
    if (por_minuto is None) != padrao or (padrao and rajada is not None):
        raise MauUso("diga --por-minuto, e --rajada se quiser; ou só --padrao")
    novo = None
    if por_minuto is not None:
        novo = Limite(por_minuto, rajada or max(1, por_minuto // 3))
    with banco_em_dia() as banco, banco.escrita() as conn:
        dono = _operadora_id(conn, registro_ans)
        prestador_id = None if codigo is None else o_prestador(conn, registro_ans, codigo).id
        baldes.definir(conn, dono, prestador_id, novo)
    de_quem = "da operadora" if codigo is None else f"do prestador {codigo}"
    if novo is None:
        texto = f"o limite {de_quem} volta ao padrão"
    elif novo.por_minuto == 0:
        texto = f"limite {de_quem}: nenhum"
    else:
        texto = f"limite {de_quem}: {novo.por_minuto} por minuto, {novo.rajada} de uma vez"
    dados = None if novo is None else {"porMinuto": novo.por_minuto, "rajada": novo.rajada}
    mostrar({"limite": dados}, texto, em_json=em_json)


def _operadora_id(conn: Connection, registro_ans: str) -> int:
    operadora = a_operadora(conn, registro_ans)
    return operadora.id


def _dados(de_quem: str, limite: Limite) -> dict[str, Any]:
    return {"de": de_quem, "porMinuto": limite.por_minuto, "rajada": limite.rajada}
