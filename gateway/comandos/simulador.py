"""``simulate``."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime, time

import click

import tiss_xsd
from dominio import documentos
from dominio.competencia import FUSO
from gateway import registro
from gateway.comandos.comum import MauUso, Recusado, opcao_config
from gateway.configuracao import carregar
from gateway.simulador.cenarios import Cenario

_MEIO_DIA = time(12)


def _registro_ans(_c: click.Context, _p: click.Parameter, valor: str) -> str:
    if len(valor) != 6 or not valor.isascii() or not valor.isdigit():
        raise MauUso("--registro-ans: são seis dígitos")
    return valor


def _prestadores(
    _c: click.Context, _p: click.Parameter, valores: tuple[str, ...]
) -> dict[str, str]:
    conhecidos: dict[str, str] = {}
    for valor in valores:
        codigo, _, escrito = valor.partition(":")
        cnpj = "".join(c for c in escrito.upper() if c.isalnum())
        if not 1 <= len(codigo) <= 14 or not documentos.cnpj_valido(cnpj):
            raise MauUso("--prestador: é CODIGO:CNPJ, com CNPJ válido")
        if codigo in conhecidos:
            raise MauUso("--prestador: um código vem duas vezes")
        conhecidos[codigo] = cnpj
    return conhecidos


def _instante(_c: click.Context, _p: click.Parameter, valor: str | None) -> datetime | None:
    if valor is None:
        return None
    try:
        dia = date.fromisoformat(valor)
    except ValueError:
        raise MauUso("--data: a data é AAAA-MM-DD") from None
    return datetime.combine(dia, _MEIO_DIA, FUSO).astimezone(UTC)


@click.command()
@opcao_config
@click.option("--host", help="Endereço em que escutar.")
@click.option("--port", type=click.IntRange(0, 65535), help="Porta TCP.")
@click.option(
    "--registro-ans",
    default="999999",
    show_default=True,
    callback=_registro_ans,
    help="Registro na ANS da única operadora.",
)
@click.option(
    "--prestador",
    "conhecidos",
    multiple=True,
    metavar="CODIGO:CNPJ",
    callback=_prestadores,
    help="Prestador com as suas duas identificações; os outros são aceitos como aparecem.",
)
@click.option(
    "--cenario",
    type=click.Choice([str(c) for c in Cenario]),
    default=str(Cenario.APROVADO),
    show_default=True,
    help="O de quem não escolhe pelo número do lote nem pelo cabeçalho.",
)
@click.option(
    "--demora",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    help="Segundos do cenário lenta.",
)
@click.option(
    "--data",
    "instante",
    metavar="AAAA-MM-DD",
    callback=_instante,
    help="Para o relógio ao meio-dia deste dia.",
)
@click.option("--login", help="Exigido de todos; sem ele, aceita-se o que vier.")
@click.option("--senha", help="Senha do login.")
def simulate(
    host: str | None,
    port: int | None,
    registro_ans: str,
    conhecidos: dict[str, str],
    cenario: str,
    demora: float,
    instante: datetime | None,
    login: str | None,
    senha: str | None,
) -> None:
    """Simula uma operadora, com cenários, para os testes de quem faz o lado do prestador."""
    if (login is None) != (senha is None):
        raise MauUso("--login e --senha vão juntos")
    # antes do servidor, que para com calma, uma parada ainda apaga a pasta do banco
    signal.signal(signal.SIGTERM, lambda _numero, _quadro: sys.exit(0))
    # os dados são inventados e o simulador vive em redes de teste: HTTP basta
    ambiente = {"WORKERS": 1, "ALLOW_PLAIN_HTTP": "true", "HOST": host, "PORT": port}
    for chave, valor in ambiente.items():
        if valor is not None:
            os.environ[f"TISS_GATEWAY_SERVER__{chave}"] = str(valor)
    # uma resposta demorada ocupa uma thread até o fim
    os.environ.setdefault("TISS_GATEWAY_SERVER__THREADS", "32")
    configuracao = carregar()
    registro.configurar(configuracao.log)
    tiss_xsd.usar_pasta(configuracao.schemas.folder)
    from gateway.simulador.roteiro import Ajustes
    from gateway.simulador.servico import simular

    ajustes = Ajustes(Cenario(cenario), demora, instante, login, senha)
    try:
        simular(
            configuracao, ajustes, registro_ans=registro_ans, conhecidos=list(conhecidos.items())
        )
    except OSError as erro:
        raise Recusado(f"não foi possível escutar: {erro.strerror}") from None
