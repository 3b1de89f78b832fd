"""``usuario``: traz quem entra no console, que cria a própria senha."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
from gateway.comandos.quem import a_operadora, auditar, o_prestador, opcao_prestador
from handlers import contas
from handlers import usuarios as casos
from persistence import contas as guardadas
from persistence.tokens import Escopo
from persistence.usuarios import VALIDADE_DO_CONVITE

if TYPE_CHECKING:
    from datetime import datetime

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
    """Quem entra no console: pessoas da operadora e prestadores."""


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
        operadora = a_operadora(conn, registro_ans)
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
            "caminho": f"/console/convite/{feito.texto}",
            "expiraEm": ate.isoformat(timespec="seconds"),
        },
        f"{feito.texto}\n/console/convite/{feito.texto}\n"
        f"convite de {feito.usuario.email}, vale até {ate:%d/%m/%Y %H:%M}, uma só vez; "
        "entregue-o agora, que não se mostra de novo",
        em_json=em_json,
    )


@usuario.command("convidar-prestador")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@click.option("--login", help="CNPJ ou CPF de quem entra; sem ele, o do prestador.")
@click.option("--email", required=True, callback=_email, help="De quem entra.")
@click.option("--nome", required=True, callback=_nome, help="De quem entra.")
@click.option(
    "--tipo", type=click.Choice(contas.TIPOS), default="Hospital", show_default=True,
    help="O que é quem entra.",
)  # fmt: skip
def usuario_convidar_prestador(
    registro_ans: str,
    codigo: str,
    login: str | None,
    email: str,
    nome: str,
    tipo: str,
    em_json: bool,
) -> None:
    """Convida quem fala por um prestador no console; a quem já tem conta, junta o acesso."""
    instante = agora()
    with banco_em_dia() as banco, banco.escrita() as conn:
        prestador = o_prestador(conn, registro_ans, codigo)
        proprio = login or prestador.cnpj or prestador.cpf
        if proprio is None:
            raise MauUso("--login: o prestador não tem CNPJ nem CPF no cadastro; diga-o")
        try:
            feito = contas.convidar(
                conn, prestador, login=proprio, tipo=tipo, nome=nome, email=email, agora=instante
            )
        except contas.LoginInvalido:
            raise MauUso("--login: não é um CNPJ nem um CPF") from None
        alvo = ("conta", str(feito.conta.id))
        auditar(conn, prestador.operadora_id, "convidar", alvo, prestador=prestador.codigo)
    _mostrar_de_conta(feito, instante, "convite", em_json=em_json)


@usuario.command("redefinir-senha")
@opcao_config
@opcao_json
@click.option("--login", required=True, help="CNPJ ou CPF da conta de prestador.")
def usuario_redefinir_senha(login: str, em_json: bool) -> None:
    """Dá um endereço com que uma conta de prestador cria outra senha, sem mudar de acessos.

    Confira antes, por outro caminho, que quem pede é o dono da conta.
    """
    instante = agora()
    with banco_em_dia() as banco, banco.escrita() as conn:
        try:
            conta = guardadas.por_login(conn, contas.login_normal(login))
        except contas.LoginInvalido:
            raise MauUso("--login: não é um CNPJ nem um CPF") from None
        if conta is None:
            raise Recusado("não há conta com esse login")
        try:
            feito = contas.redefinir(conn, conta, instante)
        except contas.SemAcessos:
            raise Recusado(
                "a conta não fala por nenhum prestador ativo; reative-o, ou convide-a de novo"
            ) from None
        # cada operadora a que a conta serve fica a saber
        for operadora_id in sorted({a.operadora.id for a in guardadas.acessos(conn, conta.id)}):
            auditar(conn, operadora_id, "redefinir-senha", ("conta", str(conta.id)))
    _mostrar_de_conta(feito, instante, "endereço para criar outra senha", em_json=em_json)


def _mostrar_de_conta(
    feito: contas.Convite, instante: datetime, o_que: str, *, em_json: bool
) -> None:
    ate = (instante + VALIDADE_DO_CONVITE).astimezone(FUSO)
    caminho = f"/console/convite/{feito.texto}"
    mostrar(
        {
            "id": str(feito.conta.id),
            "login": feito.conta.login,
            "convite": feito.texto,
            "caminho": caminho,
            "expiraEm": ate.isoformat(timespec="seconds"),
        },
        f"{caminho}\n{o_que} de {feito.conta.login}, vale até {ate:%d/%m/%Y %H:%M}, uma só vez; "
        "entregue-o agora, depois do endereço do console, que não se mostra de novo",
        em_json=em_json,
    )
