"""``prestador certificado``: os certificados de cliente de um prestador."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import agora
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    tabela,
)
from gateway.comandos.quem import auditar, o_prestador, opcao_prestador
from handlers import identificacao
from handlers.identificacao import MAIOR_ARQUIVO, IdentificacaoRecusada
from mensagem.certificados import CertificadoIlegivel
from persistence import acessos

if TYPE_CHECKING:
    from persistence.acessos import Certificado

_DIGITAL = re.compile(r"[0-9a-f]{64}")
_TITULOS = ["SHA-256", "titular", "emissor", "vale até"]
_ARQUIVO = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def certificado() -> None:
    """Certificados com que um prestador se conecta."""


@certificado.command("add")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@click.argument("arquivo", type=_ARQUIVO)
def certificado_add(registro_ans: str, codigo: str, arquivo: Path, em_json: bool) -> None:
    """Dá a um prestador o certificado de um arquivo, PEM ou DER, sem a chave."""
    novo = _ler(arquivo)
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            identificacao.dar_certificado(conn, quem, novo)
        except IdentificacaoRecusada as erro:
            raise Recusado(str(erro)) from None
        alvo = "prestador", quem.codigo
        auditar(conn, quem.operadora_id, "dar-certificado", alvo, sha256=novo.sha256)
        exige = acessos.autenticacao(conn, quem)
    nota = "; ainda se identifica com login" if exige == "login" else ""
    mostrar(
        _dados(novo) | {"autenticacao": exige},
        f"certificado {novo.sha256} é do prestador {quem.codigo}{nota}",
        em_json=em_json,
    )


@certificado.command("list")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
def certificado_list(registro_ans: str, codigo: str, em_json: bool) -> None:
    """Mostra os certificados de um prestador."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        todos = acessos.certificados(conn, o_prestador(conn, registro_ans, codigo))
    linhas = [[c.sha256, c.titular, c.emissor, c.vale_ate.date().isoformat()] for c in todos]
    mostrar({"certificados": [_dados(c) for c in todos]}, tabela(_TITULOS, linhas), em_json=em_json)


@certificado.command("remove")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@click.argument("qual", metavar="ARQUIVO|SHA256")
def certificado_remove(registro_ans: str, codigo: str, qual: str, em_json: bool) -> None:
    """Tira um certificado de um prestador; deixa de valer já."""
    digital = qual.replace(":", "").lower()
    if not _DIGITAL.fullmatch(digital):
        if not Path(qual).is_file():
            raise MauUso("diga um arquivo ou um SHA-256 de 64 dígitos hexadecimais")
        digital = _ler(Path(qual)).sha256
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            sem = identificacao.tirar_certificado(conn, quem, digital)
        except IdentificacaoRecusada as erro:
            raise Recusado(str(erro)) from None
        alvo = "prestador", quem.codigo
        auditar(conn, quem.operadora_id, "tirar-certificado", alvo, sha256=digital)
    nota = "; sem outro, já não entra até mudar prestador autenticacao" if sem else ""
    mostrar(
        {"sha256": digital, "semCertificado": sem},
        f"certificado {digital} removido{nota}",
        em_json=em_json,
    )


def _ler(arquivo: Path) -> Certificado:
    try:
        with arquivo.open("rb") as aberto:
            return identificacao.ler_certificado(aberto.read(MAIOR_ARQUIVO + 1), agora())
    except CertificadoIlegivel as erro:
        raise MauUso(str(erro)) from None


def _dados(um: Certificado) -> dict[str, Any]:
    return {
        "sha256": um.sha256,
        "titular": um.titular,
        "emissor": um.emissor,
        "valeDe": um.vale_de,
        "valeAte": um.vale_ate,
    }
