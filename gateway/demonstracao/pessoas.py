"""Quem entra no console da demonstração: os convites por comando, as senhas pela página deles."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import secrets
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import click
from lxml import html

from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import CODIGO, OPERADORA
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.demonstracao.processo import Instalacao

_EMAIL = "ana@operadora.exemplo.br"
_DO_HOSPITAL = "bia@hospital.exemplo.br"
_LIMITE_SEGUNDOS = 30


class Pessoa(NamedTuple):
    """Quem pode entrar no console.

    Attributes:
        quem: o que é, como se diz a quem lê.
        login: e-mail ou CNPJ.
        senha: feita para esta demonstração, e só dela.
    """

    quem: str
    login: str
    senha: str


def convidar(instalacao: Instalacao, base: str) -> Sequence[Pessoa]:
    """Convida uma pessoa da operadora, que pode tudo, e uma do hospital; cada uma cria a senha.

    Raises:
        Recusado: se um comando falhou, ou se o console não aceitou um convite.
    """
    escopos = [parte for escopo in Escopo for parte in ("--escopo", escopo.value)]
    da_casa = instalacao.comando(
        "usuario", "convidar", "--registro-ans", OPERADORA, "--email", _EMAIL,
        "--nome", "Ana Souza", *escopos, "--json",
    )  # fmt: skip
    de_fora = instalacao.comando(
        "usuario", "convidar-prestador", "--registro-ans", OPERADORA, "--codigo", CODIGO,
        "--email", _DO_HOSPITAL, "--nome", "Bia Lima", "--json",
    )  # fmt: skip
    convites = [("pessoa da operadora", json.loads(da_casa)), ("hospital", json.loads(de_fora))]
    return [
        Pessoa(quem, lido.get("login") or lido["email"], _aceitar(base, lido["caminho"]))
        for quem, lido in convites
    ]


def apresentar(base: str, pessoas: Sequence[Pessoa]) -> None:
    """Diz onde está o console e com que se entra nele."""
    click.echo(f"Console em {base}/console/, com estes logins:")
    for pessoa in pessoas:
        click.echo(f"  {pessoa.quem}: {pessoa.login}, senha {pessoa.senha}")


def _aceitar(base: str, caminho: str) -> str:
    """Aceita um convite como um navegador o faria, e dá a senha que se criou."""
    senha = f"Demo#{secrets.randbelow(10**8):08d}"
    navegador = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    endereco = base + caminho
    try:
        with navegador.open(endereco, timeout=_LIMITE_SEGUNDOS) as resposta:
            formas = html.fromstring(resposta.read().decode()).forms
        forma = next(f for f in formas if "confirmacao" in f.fields)
        campos = dict(forma.form_values()) | {"senha": senha, "confirmacao": senha}
        pedido = urllib.request.Request(  # noqa: S310 - loopback
            endereco, data=urlencode(campos).encode(), headers={"Origin": base}
        )
        with navegador.open(pedido, timeout=_LIMITE_SEGUNDOS):
            return senha
    except urllib.error.HTTPError as erro:
        erro.close()
        raise Recusado(f"o console não aceitou o convite: respondeu {erro.code}") from None
    except (OSError, http.client.HTTPException) as erro:
        raise Recusado(f"o console não respondeu: {erro}") from None
