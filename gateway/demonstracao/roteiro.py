"""A ordem dos passos."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from requests import RequestException

from gateway.comandos.comum import Recusado
from gateway.demonstracao import (
    assinada,
    cenario,
    contas,
    demonstrativos,
    impressos,
    lotes,
    pessoas,
    recursos,
)
from gateway.demonstracao.fala import passo
from gateway.demonstracao.processo import Instalacao
from gateway.demonstracao.retaguarda import Retaguarda
from mensagem.assinatura import AssinaturaInvalida
from prestador.cliente import FalhaTISS
from prestador.respostas import RespostaInvalida

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.demonstracao.contas import Conta

_DO_HOSPITAL = (FalhaTISS, RespostaInvalida, RequestException, AssinaturaInvalida)


def demonstrar(*, manter: bool = False) -> None:
    """Executa a demonstração.

    O banco e o arquivo somem ao fim; os impressos ficam numa pasta temporária.

    Args:
        manter: deixa o gateway no ar até Ctrl+C, e diz com que se entra no console.

    Raises:
        Recusado: um passo não saiu como devia, ou um valor não é o mesmo em toda parte.
    """
    with tempfile.TemporaryDirectory(prefix="tiss-gateway-demo-") as pasta:
        instalacao = Instalacao(Path(pasta))
        passo("Cadastrando uma operadora e um prestador inventados, e um token da API")
        token = cenario.cadastrar(instalacao)
        passo("Subindo o gateway em SQLite")
        with instalacao.servidor() as base:
            passo(f"Gateway no ar em {base}")
            escritos, contado = _percorrer(instalacao, base, Retaguarda(base, token))
            convidadas = pessoas.convidar(instalacao, base) if manter else ()
            _contar(escritos, contado)
            if not manter:
                click.echo("Com make demo KEEP=1 fica no ar, com o console e quem nele entra.")
            click.echo("Demonstração concluída.")
            if manter:
                click.echo(f"Token da API: {token}")
                pessoas.apresentar(base, convidadas)
                instalacao.manter()


def _percorrer(
    instalacao: Instalacao, base: str, retaguarda: Retaguarda
) -> tuple[Sequence[Path], Sequence[str]]:
    try:
        analisadas, contado = _conversar(base, retaguarda)
        assinada.enviar(base)
    except _DO_HOSPITAL as erro:
        raise Recusado(f"o hospital não conseguiu falar com o gateway: {erro}") from erro
    escritos = impressos.escrever(retaguarda, analisadas)
    instalacao.conferir_arquivo()
    return escritos, contado


def _conversar(base: str, retaguarda: Retaguarda) -> tuple[Sequence[Conta], Sequence[str]]:
    enviados = lotes.enviar(base)
    analisadas = contas.analisar(retaguarda, enviados)
    pagos = contas.pagar(retaguarda, analisadas)
    with cenario.erp(base, cenario.EM_VIGOR) as erp:
        demonstrativos.conferir(erp, retaguarda, analisadas, pagos)
        contado = recursos.recorrer(erp, retaguarda, analisadas, pagos)
    return analisadas, contado


def _contar(escritos: Sequence[Path], contado: Sequence[str]) -> None:
    click.echo()
    for frase in contado:
        click.echo(frase)
    click.echo()
    click.echo(f"Os impressos estão em {escritos[0].parent}:")
    for arquivo in escritos:
        click.echo(f"  {arquivo.name}")
    click.echo()
