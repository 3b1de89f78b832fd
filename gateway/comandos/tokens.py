"""``token add``, ``token list`` e ``token revoke``: quem pode usar a API de uma operadora."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import FUSO, agora
from gateway.comandos.comum import (
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    quem_usa_o_terminal,
    tabela,
)
from gateway.comandos.quem import a_operadora
from persistence import auditoria, tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.operadoras import Operadora
    from persistence.tokens import Token


@click.group()
def token() -> None:
    """Tokens da API."""


@token.command("add")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--nome", required=True, help="Para que serve.")
@click.option(
    "--escopo", "escopos", required=True, multiple=True,
    type=click.Choice([e.value for e in Escopo]), help="O que pode fazer; repita a opção.",
)  # fmt: skip
@click.option(
    "--dias", default=tokens.VALIDADE.days, show_default=True, type=click.IntRange(1, 3650),
    help="Quanto tempo vale.",
)  # fmt: skip
@click.option(
    "--por-minuto", default=tokens.POR_MINUTO, show_default=True, type=click.IntRange(1, 100_000),
    help="Pedidos por minuto, em cada processo do servidor.",
)  # fmt: skip
def token_add(
    registro_ans: str,
    nome: str,
    escopos: tuple[str, ...],
    dias: int,
    por_minuto: int,
    em_json: bool,
) -> None:
    """Cria um token e o mostra, esta única vez."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        operadora = a_operadora(conn, registro_ans)
        criado = tokens.criar(
            conn,
            operadora.id,
            nome=nome,
            escopos={Escopo(e) for e in escopos},
            agora=agora(),
            validade=timedelta(days=dias),
            por_minuto=por_minuto,
        )
        _auditar(conn, operadora, "criar", criado.token)
    mostrar(
        {**_dados(criado.token), "token": criado.texto},
        f"{criado.texto}\n"
        f"prefixo {criado.token.prefixo}, vale até {_dia(criado.token.expira_em)}; guarde-o agora, "
        "que não se mostra de novo",
        em_json=em_json,
    )


@token.command("list")
@opcao_config
@opcao_json
@opcao_operadora
def token_list(registro_ans: str, em_json: bool) -> None:
    """Lista os tokens de uma operadora."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        achados = tokens.listar(conn, a_operadora(conn, registro_ans).id)
    titulos = ("prefixo", "nome", "escopos", "situação", "vale até", "último uso")
    linhas = [
        (
            t.prefixo,
            t.nome,
            ", ".join(sorted(t.escopos)),
            _situacao(t),
            _dia(t.expira_em),
            "nunca" if t.usado_em is None else _dia(t.usado_em),
        )
        for t in achados
    ]
    texto = tabela(titulos, linhas) if linhas else "nenhum token"
    mostrar({"tokens": [_dados(t) for t in achados]}, texto, em_json=em_json)


@token.command("revoke")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--prefixo", required=True, help="Do token, como em token list.")
def token_revoke(registro_ans: str, prefixo: str, em_json: bool) -> None:
    """Revoga um token; vale já no pedido seguinte."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        operadora = a_operadora(conn, registro_ans)
        revogado = tokens.revogar(conn, operadora.id, prefixo, agora())
        if revogado is None:
            raise Recusado("a operadora não tem token com esse prefixo; veja token list")
        _auditar(conn, operadora, "revogar", revogado)
    mostrar(_dados(revogado), f"token {prefixo} revogado", em_json=em_json)


def _auditar(conn: Connection, operadora: Operadora, acao: str, qual: Token) -> None:
    auditoria.registrar(
        conn,
        operadora_id=operadora.id,
        quem=quem_usa_o_terminal(),
        porta="cli",
        acao=acao,
        alvo_tipo="token",
        alvo=qual.prefixo,
        detalhes={"escopos": sorted(qual.escopos)},
    )


def _situacao(qual: Token) -> str:
    if qual.revogado_em is not None:
        return "revogado"
    return "vale" if qual.vale(agora()) else "expirado"


def _dia(instante: datetime) -> str:
    return instante.astimezone(FUSO).strftime("%d/%m/%Y %H:%M")


def _dados(qual: Token) -> dict[str, Any]:
    return {
        "prefixo": qual.prefixo,
        "nome": qual.nome,
        "escopos": sorted(qual.escopos),
        "situacao": _situacao(qual),
        "porMinuto": qual.por_minuto,
        "criadoEm": _iso(qual.criado_em),
        "expiraEm": _iso(qual.expira_em),
        "revogadoEm": _iso(qual.revogado_em),
        "usadoEm": _iso(qual.usado_em),
    }


def _iso(instante: datetime | None) -> str | None:
    return None if instante is None else instante.astimezone(FUSO).isoformat(timespec="seconds")
