"""``prestador certificado``: os certificados de cliente de um prestador."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

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
from persistence import acessos
from persistence.acessos import Certificado
from persistence.erros import JaExiste

_DIGITAL = re.compile(r"[0-9a-f]{64}")
_MAIOR_ARQUIVO = 1_048_576
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
    if novo.vale_ate <= agora():
        raise Recusado("o certificado já venceu")
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        try:
            acessos.adicionar_certificado(conn, quem, novo)
        except JaExiste:
            raise Recusado("o prestador já tem este certificado") from None
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
        if not acessos.remover_certificado(conn, quem, digital):
            raise Recusado("o prestador não tem este certificado")
        alvo = "prestador", quem.codigo
        auditar(conn, quem.operadora_id, "tirar-certificado", alvo, sha256=digital)
        sem = acessos.autenticacao(conn, quem) != "login" and not acessos.certificados(conn, quem)
    nota = "; sem outro, já não entra até mudar prestador autenticacao" if sem else ""
    mostrar(
        {"sha256": digital, "semCertificado": sem},
        f"certificado {digital} removido{nota}",
        em_json=em_json,
    )


def _ler(arquivo: Path) -> Certificado:
    """O único certificado de um arquivo.

    Raises:
        MauUso: o arquivo não tem um certificado, ou tem vários.
    """
    if arquivo.stat().st_size > _MAIOR_ARQUIVO:
        raise MauUso("o arquivo é grande demais para um certificado")
    dados = arquivo.read_bytes()
    try:
        lidos = (
            x509.load_pem_x509_certificates(dados)
            if b"-----BEGIN" in dados
            else [x509.load_der_x509_certificate(dados)]
        )
    except ValueError:
        raise MauUso("o arquivo não é um certificado em PEM ou DER") from None
    if len(lidos) != 1:
        raise MauUso("o arquivo tem vários certificados; dê só o do prestador")
    [um] = lidos
    return Certificado(
        um.fingerprint(SHA256()).hex(),
        um.subject.rfc4514_string(),
        um.issuer.rfc4514_string(),
        um.not_valid_before_utc,
        um.not_valid_after_utc,
        agora(),
    )


def _dados(um: Certificado) -> dict[str, Any]:
    return {
        "sha256": um.sha256,
        "titular": um.titular,
        "emissor": um.emissor,
        "valeDe": um.vale_de,
        "valeAte": um.vale_ate,
    }
