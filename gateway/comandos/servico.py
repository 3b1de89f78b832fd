"""``serve`` e ``demo``."""

from __future__ import annotations

import json
import os

import click

import tiss_xsd
from gateway import registro
from gateway.assinante import assinante
from gateway.comandos.comum import MauUso, Recusado, opcao_config
from gateway.configuracao import carregar
from gateway.secoes.servidor import PARTES


@click.command()
@opcao_config
@click.option("--host", help="Endereço em que escutar.")
@click.option("--port", type=click.IntRange(0, 65535), help="Porta TCP.")
@click.option("--workers", type=click.IntRange(1, 128), help="Processos.")
@click.option("--only", help="As partes que se servem, por vírgulas: soap, api, console.")
@click.option("--no-jobs", is_flag=True, help="Não executa os trabalhos de fundo.")
def serve(
    host: str | None, port: int | None, workers: int | None, only: str | None, no_jobs: bool
) -> None:
    """Serve os web services até ser parado."""
    # os processos leem a configuração do ambiente: as opções valem para todos por aí
    for chave, valor in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if valor is not None:
            os.environ[f"TISS_GATEWAY_SERVER__{chave}"] = str(valor)
    if only is not None:
        partes = [parte.strip() for parte in only.split(",")]
        if not set(partes) <= set(PARTES):
            raise MauUso(f"--only: diga uma ou mais de {', '.join(PARTES)}, separadas por vírgulas")
        os.environ["TISS_GATEWAY_SERVER__ONLY"] = json.dumps(partes)
    if no_jobs:
        os.environ["TISS_GATEWAY_JOBS__ENABLED"] = "false"
    configuracao = carregar()
    registro.configurar(configuracao.log)
    # cada processo as lê de novo; aqui pasta ou chave estragada ainda é um erro de uma linha
    tiss_xsd.usar_pasta(configuracao.schemas.folder)
    assinante(configuracao.signature)
    from gateway.servidor import servir

    try:
        servir(configuracao)
    except OSError as erro:
        raise Recusado(f"não foi possível escutar: {erro.strerror}") from None


@click.command()
@click.option("--keep", is_flag=True, help="Deixa o gateway no ar ao fim.")
def demo(keep: bool) -> None:
    """Mostra o trabalho inteiro num banco embutido, com um cliente SOAP de verdade."""
    try:
        from gateway.demonstracao import demonstrar
    except ModuleNotFoundError as falta:
        raise MauUso(f"falta o pacote {falta.name}: instale o extra prestador") from None
    demonstrar(manter=keep)
