"""``operadora set`` e ``prestador set``: o que se exige da assinatura digital das mensagens."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora, dia
from gateway.comandos.cadastro import operadora, prestador
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
)
from gateway.comandos.quem import a_operadora, auditar, o_prestador
from handlers.confianca import em_vigor
from handlers.confianca.autoridades import ConfiancaRecusada
from handlers.confianca.mudanca import mudar_da_operadora, mudar_do_prestador
from persistence.tabelas.politica_de_assinatura import AUSENTES, POLITICAS, TITULARES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


__all__ = ["operadora", "prestador"]

_DA_OPERADORA = "operadora"
_NUNCA = "nunca"


def _data(_c: click.Context, _p: click.Parameter, valor: str | None) -> date | str | None:
    if valor is None or valor == _NUNCA:
        return valor
    try:
        return date.fromisoformat(valor)
    except ValueError:
        raise MauUso(f"--sha1-ate: a data é AAAA-MM-DD, ou {_NUNCA}") from None


@operadora.command("set")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--assinatura", type=click.Choice(POLITICAS), help="O que exigir da assinatura.")
@click.option("--titular", type=click.Choice(TITULARES), help="De quem deve ser o certificado.")
@click.option(
    "--sem-assinatura",
    type=click.Choice(AUSENTES),
    help="A mensagem sem assinatura de quem costuma assinar.",
)
def operadora_set(
    registro_ans: str,
    assinatura: str | None,
    titular: str | None,
    sem_assinatura: str | None,
    em_json: bool,
) -> None:
    """Muda as políticas de assinatura de uma operadora; o que não se diz fica como está."""
    mudancas = _ditas(assinatura, titular, sem_assinatura)
    if not mudancas:
        raise MauUso("diga o que mudar: --assinatura, --titular ou --sem-assinatura")
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = a_operadora(conn, registro_ans)
        with _recusa_em_uma_linha():
            mudar_da_operadora(conn, dona.id, mudancas, agora())
        auditar(
            conn,
            dona.id,
            "mudar-politica",
            ("operadora", registro_ans),
            **mudancas,
        )
        dona = a_operadora(conn, registro_ans)
    dados = {
        "registroANS": registro_ans,
        "assinatura": dona.assinatura_politica,
        "titular": dona.assinatura_titular,
        "semAssinatura": dona.sem_assinatura,
    }
    mostrar(dados, f"operadora {registro_ans}: {_frase(dados)}", em_json=em_json)


@prestador.command("set")
@opcao_config
@opcao_json
@opcao_operadora
@click.argument("codigo")
@click.option(
    "--assinatura",
    type=click.Choice([*POLITICAS, _DA_OPERADORA]),
    help="O que exigir da assinatura; operadora, o mesmo que ela.",
)
@click.option(
    "--titular",
    type=click.Choice([*TITULARES, _DA_OPERADORA]),
    help="De quem deve ser o certificado.",
)
@click.option(
    "--sem-assinatura",
    type=click.Choice([*AUSENTES, _DA_OPERADORA]),
    help="A mensagem sem assinatura, se costuma assinar.",
)
@click.option(
    "--sha1-ate",
    callback=_data,
    metavar="AAAA-MM-DD",
    help="Último dia em que se aceita SHA-1; nunca, para não aceitar.",
)
def prestador_set(
    registro_ans: str,
    codigo: str,
    assinatura: str | None,
    titular: str | None,
    sem_assinatura: str | None,
    sha1_ate: date | str | None,
    em_json: bool,
) -> None:
    """Muda as políticas de assinatura de um prestador; o que não se diz fica como está."""
    mudancas = {
        coluna: None if valor == _DA_OPERADORA else valor
        for coluna, valor in _ditas(assinatura, titular, sem_assinatura).items()
    }
    if sha1_ate is not None:
        mudancas["sha1_ate"] = None if sha1_ate == _NUNCA else sha1_ate
    if not mudancas:
        raise MauUso("diga o que mudar: --assinatura, --titular, --sem-assinatura ou --sha1-ate")
    with banco_em_dia() as banco, banco.escrita() as conn:
        dona = a_operadora(conn, registro_ans)
        quem = o_prestador(conn, registro_ans, codigo)
        with _recusa_em_uma_linha():
            mudar_do_prestador(conn, quem, mudancas, agora())
        auditar(conn, dona.id, "mudar-politica", ("prestador", codigo), **mudancas)
        quem = o_prestador(conn, registro_ans, codigo)
    politica = em_vigor(dona, quem, dia(agora()))
    dados = {
        "registroANS": registro_ans,
        "codigo": codigo,
        "assinatura": str(politica.modo),
        "titular": "mesma-raiz" if politica.mesma_raiz else "mesmo-cnpj",
        "semAssinatura": "recusar" if politica.recusa_ausencia else "aceitar",
        "sha1Ate": None if quem.sha1_ate is None else quem.sha1_ate.isoformat(),
    }
    mostrar(dados, f"prestador {codigo}: {_frase(dados)}", em_json=em_json)


def _ditas(
    assinatura: str | None, titular: str | None, sem_assinatura: str | None
) -> dict[str, Any]:
    todas = {
        "assinatura_politica": assinatura,
        "assinatura_titular": titular,
        "sem_assinatura": sem_assinatura,
    }
    return {coluna: valor for coluna, valor in todas.items() if valor is not None}


@contextmanager
def _recusa_em_uma_linha() -> Iterator[None]:
    try:
        yield
    except ConfiancaRecusada as erro:
        raise Recusado(f"{erro} (tiss-gateway trust add)") from None


def _frase(dados: Mapping[str, Any]) -> str:
    frase = (
        f"assinatura {dados['assinatura']}, titular {dados['titular']}, "
        f"sem assinatura {dados['semAssinatura']}"
    )
    return f"{frase}, SHA-1 até {dados['sha1Ate']}" if dados.get("sha1Ate") else frase
