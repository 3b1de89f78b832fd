"""``usuario convidar``: traz uma pessoa da operadora, que cria a própria senha."""

from __future__ import annotations

import re

import click

from dominio.competencia import FUSO, agora
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
)
from gateway.comandos.quem import auditar
from handlers import usuarios as casos
from persistence import operadoras
from persistence.tokens import Escopo
from persistence.usuarios import VALIDADE_DO_CONVITE

_EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]+\.[!-?A-~]+")


def _email(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if len(valor) > 254 or _EMAIL.fullmatch(valor) is None:
        raise MauUso("--email: não é um e-mail")
    return valor


def _nome(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if not valor.strip() or len(valor) > 70 or not valor.isprintable():
        raise MauUso("--nome: de 1 a 70 caracteres")
    return valor.strip()


@click.group()
def usuario() -> None:
    """Pessoas que trabalham para a operadora."""


@usuario.command("convidar")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--email", required=True, callback=_email, help="Com que a pessoa entra.")
@click.option("--nome", required=True, callback=_nome, help="Como aparece na auditoria.")
@click.option(
    "--escopo", "escopos", required=True, multiple=True,
    type=click.Choice([e.value for e in Escopo]), help="O que pode fazer; repita a opção.",
)  # fmt: skip
def usuario_convidar(
    registro_ans: str, email: str, nome: str, escopos: tuple[str, ...], em_json: bool
) -> None:
    """Convida uma pessoa e mostra o convite, esta única vez; a quem já existe, dá outro."""
    instante = agora()
    with banco_em_dia() as banco, banco.escrita() as conn:
        operadora = operadoras.por_registro(conn, registro_ans)
        if operadora is None:
            raise Recusado(f"não há operadora {registro_ans}")
        feito = casos.convidar(
            conn,
            operadora.id,
            email=email,
            nome=nome,
            escopos={Escopo(e) for e in escopos},
            agora=instante,
        )
        alvo = ("usuario", str(feito.usuario.id))
        auditar(conn, operadora.id, "convidar", alvo, escopos=",".join(sorted(escopos)))
    ate = (instante + VALIDADE_DO_CONVITE).astimezone(FUSO)
    mostrar(
        {
            "id": str(feito.usuario.id),
            "email": feito.usuario.email,
            "convite": feito.texto,
            "expiraEm": ate.isoformat(timespec="seconds"),
        },
        f"{feito.texto}\nconvite de {feito.usuario.email}, vale até {ate:%d/%m/%Y %H:%M}, "
        "uma só vez; entregue-o agora, que não se mostra de novo",
        em_json=em_json,
    )
