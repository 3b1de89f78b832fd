"""O que os comandos têm em comum: configuração, banco, saída, erros de uma linha."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.banco import aberto
from gateway.chaveiro import cifra
from gateway.configuracao import VARIAVEL, carregar
from persistence.esquema import atualizar, estado

if TYPE_CHECKING:
    from persistence.banco import Banco

F = TypeVar("F", bound=Callable[..., Any])


class Recusado(click.ClickException):
    """O comando foi entendido e não pôde ser feito, ou achou algo errado."""

    exit_code = 1


class MauUso(click.ClickException):
    """O que se pediu não faz sentido ou não pôde ser lido."""

    exit_code = 2


def _usar_arquivo(_contexto: click.Context, _opcao: click.Parameter, valor: str | None) -> None:
    if valor is not None:
        os.environ[VARIAVEL] = str(Path(valor).absolute())


def opcao_config(funcao: F) -> F:
    """Opção ``--config``, que todo comando aceita."""
    return click.option(
        "--config",
        metavar="ARQUIVO",
        expose_value=False,
        is_eager=True,
        callback=_usar_arquivo,
        help="Arquivo de configuração (TOML).",
    )(funcao)


def _seis_digitos(_contexto: click.Context, _opcao: click.Parameter, valor: str) -> str:
    if len(valor) != 6 or not valor.isascii() or not valor.isdigit():
        raise MauUso("--registro-ans: são seis dígitos")
    return valor


def opcao_operadora(funcao: F) -> F:
    """Opção ``--registro-ans``, que diz de que operadora se fala."""
    return click.option(
        "--registro-ans", required=True, callback=_seis_digitos, help="Da operadora."
    )(funcao)


def quem_usa_o_terminal() -> str:
    """Quem age, para a auditoria: o usuário do sistema."""
    try:
        return f"sistema {getpass.getuser()}"
    except (OSError, KeyError):
        # num contêiner o usuário pode não ter nome
        return f"sistema {os.getuid()}"


def opcao_json(funcao: F) -> F:
    """Opção ``--json``, onde o comando mostra dados."""
    return click.option("--json", "em_json", is_flag=True, help="Mostra em JSON.")(funcao)


@contextmanager
def banco_em_dia() -> Iterator[Banco]:
    """Banco da configuração; o SQLite é criado e migrado, outro precisa servir como está.

    Raises:
        Recusado: se este programa não trabalha com o esquema de um PostgreSQL.
    """
    configuracao = carregar()
    with aberto(configuracao.database, cifra(configuracao.archive)) as banco:
        if banco.dialeto == "sqlite":
            atualizar(banco)
        elif not estado(banco).serve:
            raise Recusado("banco fora da versão deste programa; rode tiss-gateway db upgrade")
        yield banco


def mostrar(dados: Mapping[str, Any], texto: str, *, em_json: bool) -> None:
    """Escreve na saída padrão o texto ou os dados em JSON."""
    click.echo(json.dumps(dados, ensure_ascii=False, default=str) if em_json else texto)


def tabela(titulos: Sequence[str], linhas: Sequence[Sequence[str]]) -> str:
    """Tabela de texto alinhada por colunas."""
    todas = [list(titulos), *[list(linha) for linha in linhas]]
    larguras = [max(len(linha[i]) for linha in todas) for i in range(len(titulos))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(linha, larguras, strict=True)).rstrip()
        for linha in todas
    )
