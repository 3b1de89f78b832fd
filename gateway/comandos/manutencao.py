"""``db``, ``config`` e ``schemas``: o que se faz com o gateway parado ou ao lado dele."""

from __future__ import annotations

import json
from typing import Any

import click

import tiss_xsd
from gateway.banco import aberto
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    mostrar,
    opcao_config,
    opcao_json,
    tabela,
)
from gateway.configuracao import carregar
from persistence.esquema import atualizar, estado


@click.group()
def db() -> None:
    """Banco de dados."""


@db.command("upgrade")
@opcao_config
def db_upgrade() -> None:
    """Leva o banco à versão deste programa."""
    with aberto(carregar().database) as banco:
        atualizar(banco)
        atual = estado(banco).atual
    click.echo(f"banco na versão {atual}")


@db.command("check")
@opcao_config
@opcao_json
def db_check(em_json: bool) -> None:
    """Diz se o banco está na versão deste programa."""
    with aberto(carregar().database) as banco:
        situacao = estado(banco)
    texto = f"banco na versão {situacao.atual}, programa na {situacao.esperado}"
    mostrar(
        {"atual": situacao.atual, "esperado": situacao.esperado, "emDia": situacao.em_dia},
        texto,
        em_json=em_json,
    )
    if not situacao.em_dia:
        raise Recusado("o banco não está em dia; rode tiss-gateway db upgrade")


@click.group()
def config() -> None:
    """Configuração."""


@config.command("check")
@opcao_config
@opcao_json
def config_check(em_json: bool) -> None:
    """Confere a configuração e mostra o que está em vigor, sem a senha do banco."""
    valores = carregar().para_mostrar()
    linhas = [
        f"{secao}.{chave} = {json.dumps(valor, ensure_ascii=False)}"
        for secao, chaves in valores.items()
        for chave, valor in chaves.items()
    ]
    mostrar(valores, "\n".join(linhas), em_json=em_json)


@click.group()
def schemas() -> None:
    """Esquemas do padrão por versão."""


@schemas.command("list")
@opcao_config
@opcao_json
def schemas_list(em_json: bool) -> None:
    """Lista os arquivos de cada versão com a sua procedência."""
    dados: dict[str, list[dict[str, Any]]] = {
        v: [p._asdict() for p in tiss_xsd.procedencia(v)] for v in tiss_xsd.versoes()
    }
    linhas = [
        [versao, str(p["nome"]), str(p["tamanho"]), str(p["sha256"])[:16], str(p["origem"])]
        for versao, arquivos in dados.items()
        for p in arquivos
    ]
    titulos = ["versão", "arquivo", "bytes", "sha256", "origem"]
    mostrar(dados, tabela(titulos, linhas), em_json=em_json)


@schemas.command("check")
@opcao_config
@opcao_json
@click.argument("versao", required=False)
def schemas_check(versao: str | None, em_json: bool) -> None:
    """Compila os esquemas de uma versão, ou de todas."""
    if versao is not None and versao not in tiss_xsd.versoes():
        raise MauUso(f"a versão {versao} não está instalada")
    versoes = tiss_xsd.versoes() if versao is None else (versao,)
    defeitos = [f"{v}: {d}" for v in versoes for d in tiss_xsd.conferir(v)]
    if defeitos:
        raise Recusado("; ".join(defeitos))
    mostrar(
        dict.fromkeys(versoes, "compila"),
        "\n".join(f"{v} compila" for v in versoes),
        em_json=em_json,
    )
