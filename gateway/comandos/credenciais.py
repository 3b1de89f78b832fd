"""``prestador senha|credencial|autenticacao`` e ``operadora credenciais``."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    tabela,
)
from gateway.comandos.quem import a_operadora, auditar, o_prestador, opcao_prestador
from handlers import identificacao, rotacao
from handlers.identificacao import IdentificacaoRecusada
from handlers.vencimento import vence_em
from persistence import acessos, credenciais
from persistence.acessos import MAIOR_VALIDADE, VALIDADE_DIAS, VENCIDAS, PoliticaDeSenhas

if TYPE_CHECKING:
    from persistence.prestadores import Credencial

_DURACAO = re.compile(r"([1-9][0-9]{0,3})([dhm])")
_UNIDADES = {"d": "days", "h": "hours", "m": "minutes"}
_MAIOR_JANELA = timedelta(days=90)
_TITULOS = ["login", "situação", "senha desde", "vence em", "anterior vale até"]


def _duracao(_c: click.Context, _p: click.Parameter, valor: str | None) -> timedelta | None:
    if valor is None:
        return None
    achada = _DURACAO.fullmatch(valor)
    if achada is None:
        raise MauUso("--anterior-vale: um número e d, h ou m, como 7d")
    duracao = timedelta(**{_UNIDADES[achada[2]]: int(achada[1])})
    if duracao > _MAIOR_JANELA:
        raise MauUso("--anterior-vale: no máximo 90d")
    return duracao


def _fim_do_dia(_c: click.Context, _p: click.Parameter, valor: str | None) -> datetime | None:
    """O fim de um dia de UTC, que em São Paulo são as nove da noite."""
    if valor is None:
        return None
    try:
        dia = date.fromisoformat(valor)
    except ValueError:
        raise MauUso("--expira: a data é AAAA-MM-DD") from None
    return datetime.combine(dia + timedelta(days=1), time(), UTC)


def _senha(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if valor == "-":
        valor = sys.stdin.readline().rstrip("\n")
    if not valor:
        raise MauUso("--senha: está vazia")
    return valor


def _login(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if not 1 <= len(valor.strip()) <= 20:
        raise MauUso("--login: de 1 a 20 caracteres")
    return valor


_opcao_login = click.option("--login", required=True, callback=_login, help="Do web service.")


@click.command()
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@_opcao_login
@click.option("--senha", required=True, callback=_senha, help="Senha nova; - lê da entrada padrão.")
@click.option(
    "--anterior-vale",
    callback=_duracao,
    metavar="7d",
    help="Por quanto tempo a senha de antes também vale.",
)
@click.option("--expira", callback=_fim_do_dia, metavar="AAAA-MM-DD", help="Último dia da nova.")
def senha(
    registro_ans: str,
    codigo: str,
    login: str,
    senha: str,
    anterior_vale: timedelta | None,
    expira: datetime | None,
    em_json: bool,
) -> None:
    """Cria um login ou troca a sua senha."""
    instante = agora()
    if expira is not None and expira <= instante:
        raise MauUso("--expira: já passou")
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            nova = rotacao.trocar(
                conn,
                quem,
                login,
                senha,
                agora=instante,
                anterior_vale=anterior_vale,
                expira_em=expira,
            )
        except rotacao.SenhaRecusada as motivo:
            raise Recusado(f"--senha: {motivo}") from None
        except rotacao.LoginDeOutro:
            raise Recusado("--login: é de outro prestador") from None
        auditar(
            conn,
            quem.operadora_id,
            "trocar-senha",
            ("prestador", quem.codigo),
            login=nova.login_normal,
            anterior_ate=nova.anterior_ate,
            expira_em=nova.expira_em,
        )
        politica = acessos.politica_de_senhas(conn, quem.operadora_id)
    ate = nova.anterior_ate
    fica = "" if ate is None else f"; a anterior vale até {_minuto(ate)}"
    mostrar(_dados(nova, politica), f"senha de {nova.login_normal} em vigor{fica}", em_json=em_json)


@click.group()
def credencial() -> None:
    """Logins de um prestador."""


@credencial.command("list")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
def credencial_list(registro_ans: str, codigo: str, em_json: bool) -> None:
    """Mostra os logins e os prazos das senhas, nunca as senhas."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        todas = credenciais.do_prestador(conn, quem)
        politica = acessos.politica_de_senhas(conn, quem.operadora_id)
        exige = acessos.autenticacao(conn, quem)
    dados = [_dados(uma, politica) for uma in todas]
    linhas = [
        [
            d["login"],
            d["situacao"],
            *(_minuto(d[c]) for c in ("desde", "venceEm", "anteriorAte")),
        ]
        for d in dados
    ]
    mostrar(
        {"autenticacao": exige, "credenciais": dados},
        f"identifica-se com: {exige}\n{tabela(_TITULOS, linhas)}",
        em_json=em_json,
    )


@credencial.command("revoke")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@_opcao_login
@click.option("--anterior", is_flag=True, help="Só a senha de antes da última troca.")
def credencial_revoke(
    registro_ans: str, codigo: str, login: str, anterior: bool, em_json: bool
) -> None:
    """Faz um login deixar de valer já; o prestador continua a precisar de um."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            rotacao.revogar(conn, quem, login, so_a_anterior=anterior)
        except rotacao.LoginDesconhecido:
            raise Recusado("--login: o prestador não o tem") from None
        auditar(
            conn,
            quem.operadora_id,
            "revogar-credencial",
            ("prestador", quem.codigo),
            login=login.strip().upper(),
            so_a_anterior=anterior,
        )
    qual = "senha anterior de " if anterior else ""
    mostrar(
        {"login": login.strip().upper(), "soAnterior": anterior},
        f"{qual}{login.strip().upper()}: deixou de valer",
        em_json=em_json,
    )


@click.command()
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@click.option(
    "--exige",
    type=click.Choice(identificacao.EXIGENCIAS),
    required=True,
    help="Com que o prestador se identifica.",
)
def autenticacao(registro_ans: str, codigo: str, exige: str, em_json: bool) -> None:
    """Diz se um prestador se identifica com login, com certificado ou com ambos."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            identificacao.exigir(conn, quem, exige)
        except IdentificacaoRecusada as erro:
            raise Recusado(str(erro)) from None
        auditar(
            conn,
            quem.operadora_id,
            "mudar-autenticacao",
            ("prestador", quem.codigo),
            exige=exige,
        )
    mostrar(
        {"codigo": quem.codigo, "autenticacao": exige},
        f"prestador {quem.codigo} identifica-se com: {exige}",
        em_json=em_json,
    )


@click.command("credenciais")
@opcao_config
@opcao_json
@opcao_operadora
@click.option(
    "--vencida",
    type=click.Choice(VENCIDAS),
    help="O que fazer de uma senha vencida.",
)
@click.option(
    "--validade",
    type=click.IntRange(0, MAIOR_VALIDADE),
    help=f"Dias em que uma senha vence; 0, nunca. De fábrica, {VALIDADE_DIAS}.",
)
def da_operadora(
    registro_ans: str, vencida: str | None, validade: int | None, em_json: bool
) -> None:
    """Mostra ou muda o prazo das senhas de uma operadora."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        achada = a_operadora(conn, registro_ans)
        antes = acessos.politica_de_senhas(conn, achada.id)
        politica = PoliticaDeSenhas(
            vencida or antes.vencida, antes.validade_dias if validade is None else validade
        )
        if politica != antes:
            acessos.mudar_politica_de_senhas(conn, achada.id, politica)
            auditar(
                conn,
                achada.id,
                "mudar-prazo-das-senhas",
                ("operadora", achada.registro_ans),
                **politica._asdict(),
            )
    prazo = f"{politica.validade_dias} dias" if politica.validade_dias else "sem prazo"
    mostrar(
        {"vencida": politica.vencida, "validade": politica.validade_dias},
        f"senha vencida: {politica.vencida}; validade: {prazo}",
        em_json=em_json,
    )


def _dados(credencial: Credencial, politica: PoliticaDeSenhas) -> dict[str, Any]:
    instante = agora()
    fim = vence_em(credencial, politica)
    vencida = fim is not None and fim <= instante
    ate = credencial.anterior_ate
    return {
        "login": credencial.login_normal,
        "situacao": "revogada" if not credencial.ativa else "vencida" if vencida else "em vigor",
        "desde": credencial.trocada_em or credencial.criada_em,
        "venceEm": fim,
        "anteriorAte": ate if ate is not None and instante < ate else None,
    }


def _minuto(instante: datetime | None) -> str:
    return "" if instante is None else instante.strftime("%Y-%m-%d %H:%M UTC")
