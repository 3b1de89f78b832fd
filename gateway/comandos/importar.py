"""``import protocolos``: os protocolos de outro sistema, com os seus números."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dominio.competencia import agora
from gateway import chaveiro
from gateway.comandos.comum import (
    MauUso,
    banco_em_dia,
    opcao_config,
    opcao_json,
    opcao_operadora,
    quem_usa_o_terminal,
)
from gateway.comandos.quem import a_operadora
from gateway.comandos.relato import relatar
from gateway.configuracao import carregar
from handlers import importacao
from handlers.da_operadora import Autor
from handlers.em_massa import gravar_linhas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from handlers.em_massa import Relatorio
    from persistence.banco import Banco

    T = TypeVar("T")

_A_CADA = 1000


@click.group("import")
def importar() -> None:
    """O que vem de outro sistema."""


@importar.command("protocolos")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--parcial", is_flag=True, help="Grava os protocolos que servem.")
@click.argument("arquivo", type=click.Path(path_type=Path))
def protocolos(registro_ans: str, parcial: bool, arquivo: Path, em_json: bool) -> None:
    """Traz protocolos de um arquivo com uma linha JSON por protocolo."""
    with banco_em_dia() as banco:
        # o que se importa vai para o arquivo cifrado, talvez antes do primeiro serve
        chaveiro.preparar(banco, carregar().archive)
        relatorio = _importar(banco, registro_ans, arquivo, parcial=parcial)
    relatar(relatorio, "protocolos", "gravados", parcial=parcial, em_json=em_json)


def _importar(banco: Banco, registro_ans: str, arquivo: Path, *, parcial: bool) -> Relatorio:
    # a API traz consigo o FastAPI e os impressos, que os outros comandos não pagam
    from backoffice import protocolos_antigos

    with banco.leitura() as conn:
        operadora = a_operadora(conn, registro_ans)
    autor = Autor(quem_usa_o_terminal(), agora())
    try:
        with arquivo.open(encoding="utf-8-sig", newline="") as linhas:
            return gravar_linhas(
                banco,
                _contadas(protocolos_antigos.ler(linhas)),
                lambda conn, um: importacao.importar(conn, operadora, um, autor),
                parcial=parcial,
            )
    except OSError as erro:
        raise MauUso(f"não foi possível ler {arquivo}: {erro.strerror}") from None
    except UnicodeDecodeError:
        raise MauUso(f"{arquivo} não está em UTF-8") from None


def _contadas(lidas: Iterable[T]) -> Iterator[T]:
    for n, lida in enumerate(lidas, 1):
        yield lida
        if n % _A_CADA == 0:
            click.echo(f"protocolos lidos: {n}", err=True)
