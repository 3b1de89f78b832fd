"""``db`` e ``config``: o que se faz com o gateway parado ou ao lado dele."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora
from gateway.banco import aberto
from gateway.comandos.comum import (
    Recusado,
    mostrar,
    opcao_config,
    opcao_json,
)
from gateway.configuracao import carregar
from persistence.alteracoes import acertar
from persistence.esquema import Fase, atualizar, estado

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.secoes.documentos import Documentos
    from persistence.banco import Banco
    from persistence.integridade import Achado


@click.group()
def db() -> None:
    """Banco de dados."""


@db.command("upgrade")
@opcao_config
@click.option(
    "--fase",
    type=click.Choice([f.value for f in Fase]),
    default=Fase.DEPOIS.value,
    help="antes: só o que serve também aos nós por trocar. depois (o padrão): tudo.",
)
def db_upgrade(fase: str) -> None:
    """Leva o banco à versão deste programa."""
    ajustes = carregar().database
    with aberto(ajustes) as banco:
        _conferir_codificacao(banco)
        atualizar(banco, Fase(fase))
        with banco.escrita() as conn:
            acertar(conn)
        atual = estado(banco).atual
        click.echo(f"banco na versão {atual}")
        if ajustes.particoes:
            _partir(banco)


def _partir(banco: Banco) -> None:
    from persistence import particoes

    try:
        partiu = particoes.partir(banco, agora())
    except particoes.NaoPartivel as erro:
        raise Recusado(str(erro)) from None
    with banco.leitura() as conn:
        prontos = particoes.situacao(conn, agora()).prontos
    como = "partido por mês" if partiu else "já partido por mês"
    click.echo(f"banco {como}; meses prontos além deste: {prontos}")


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
@click.option("--schema-only", is_flag=True, help="Confere só a versão do esquema.")
def db_check(schema_only: bool, em_json: bool) -> None:
    """Diz se o banco está na versão deste programa, e o que nele não confere consigo mesmo."""
    configuracao = carregar()
    with aberto(configuracao.database) as banco:
        situacao = estado(banco)
        atual = "vazio" if situacao.atual is None else f"na versão {situacao.atual}"
        dados: dict[str, Any] = {
            "atual": situacao.atual,
            "esperado": situacao.esperado,
            "emDia": situacao.em_dia,
        }
        if not em_json:
            click.echo(f"banco {atual}, programa na {situacao.esperado}")
        total = 0
        if situacao.em_dia and not schema_only:
            dados["achados"] = achados = []
            for achado in _achados(banco, configuracao.documents):
                total += 1
                if em_json:
                    achados.append(achado._asdict())
                else:
                    # cada um quando se acha: num banco grande os últimos demoram
                    click.echo(f"{achado.tipo}  {achado.onde}: {achado.texto}")
            if not em_json:
                click.echo("o banco NÃO confere" if total else "o banco confere")
    if em_json:
        click.echo(json.dumps(dados, ensure_ascii=False))
    if not situacao.em_dia:
        raise Recusado("o banco não está em dia; rode tiss-gateway db upgrade")
    if total:
        raise Recusado(f"o banco não confere: {total} achado(s)")


def _achados(banco: Banco, documentos: Documentos) -> Iterator[Achado]:
    from gateway.armazem import arquivos
    from persistence import integridade

    try:
        yield from integridade.conferir(banco, arquivos(documentos))
    except OSError as erro:
        lugar = documentos.s3_bucket or documentos.folder
        raise Recusado(f"{lugar}: {erro.strerror}") from None


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
