"""``db`` e ``config``: o que se faz com o gateway parado ou ao lado dele."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gateway.banco import aberto
from gateway.comandos.comum import (
    Recusado,
    mostrar,
    opcao_config,
    opcao_json,
)
from gateway.configuracao import carregar
from persistence.alteracoes import acertar
from persistence.esquema import atualizar, estado

if TYPE_CHECKING:
    from persistence.banco import Banco


@click.group()
def db() -> None:
    """Banco de dados."""


@db.command("upgrade")
@opcao_config
def db_upgrade() -> None:
    """Leva o banco à versão deste programa."""
    with aberto(carregar().database) as banco:
        _conferir_codificacao(banco)
        atualizar(banco)
        with banco.escrita() as conn:
            acertar(conn)
        atual = estado(banco).atual
    click.echo(f"banco na versão {atual}")


def _conferir_codificacao(banco: Banco) -> None:
    if banco.dialeto != "postgresql":
        return
    with banco.leitura() as conn:
        codificacao = conn.exec_driver_sql("show server_encoding").scalar_one()
    if codificacao != "UTF8":
        raise Recusado(f"o banco está em {codificacao}; crie-o com encoding 'UTF8'")


@db.command("check")
@opcao_config
@opcao_json
def db_check(em_json: bool) -> None:
    """Diz se o banco está na versão deste programa."""
    with aberto(carregar().database) as banco:
        situacao = estado(banco)
    atual = "vazio" if situacao.atual is None else f"na versão {situacao.atual}"
    texto = f"banco {atual}, programa na {situacao.esperado}"
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
