"""``schemas``: o que há de cada versão do padrão, e como instalar outras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import tiss_xsd
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    mostrar,
    opcao_config,
    opcao_json,
    tabela,
)
from gateway.configuracao import carregar
from tiss_xsd.instalacao import JA_INSTALADO

if TYPE_CHECKING:
    from tiss_xsd.instalacao import Instalacao, Resumo

_QUANDO = "vale a partir do próximo início do gateway"
_IGUAL = "nada mudou: o que o pacote traz já está instalado"


@click.group()
def schemas() -> None:
    """Esquemas do padrão por versão."""


def _usar_pasta() -> Path:
    pasta = carregar().schemas.folder
    tiss_xsd.usar_pasta(pasta)
    return pasta


@schemas.command("list")
@opcao_config
@opcao_json
def schemas_list(em_json: bool) -> None:
    """Lista os arquivos de cada versão com a sua procedência."""
    _usar_pasta()
    procedencias = {v: tiss_xsd.procedencia(v) for v in tiss_xsd.versoes()}
    linhas = [
        [
            versao,
            p.nome,
            str(p.tamanho),
            p.sha256[:16],
            p.situacao,
            "-" if p.conhecido is None else _palavra(p.conhecido),
            p.origem,
        ]
        for versao, arquivos in procedencias.items()
        for p in arquivos
    ]
    titulos = ["versão", "arquivo", "bytes", "sha256", "situação", "resumo", "origem"]
    dados = {v: [p._asdict() for p in arquivos] for v, arquivos in procedencias.items()}
    mostrar(dados, tabela(titulos, linhas), em_json=em_json)


@schemas.command("check")
@opcao_config
@opcao_json
@click.argument("versao", required=False)
def schemas_check(versao: str | None, em_json: bool) -> None:
    """Compila os esquemas de uma versão, ou de todas."""
    _usar_pasta()
    if versao is not None and versao not in tiss_xsd.versoes():
        raise MauUso(f"a versão {versao} não está instalada")
    versoes = tiss_xsd.versoes() if versao is None else (versao,)
    defeitos = [f"{v}: {d}" for v in versoes for d in tiss_xsd.conferir(v)]
    if defeitos:
        raise Recusado("; ".join(defeitos))
    mostrar(
        dict.fromkeys(versoes, "compila"),
        "\n".join(f"{v} compila" for v in versoes),
        em_json=em_json,
    )


@schemas.command("add")
@opcao_config
@opcao_json
@click.option("--replace", "trocar", is_flag=True, help="Troca o que já está instalado.")
@click.argument("pacote", type=click.Path(path_type=Path))
def schemas_add(pacote: Path, trocar: bool, em_json: bool) -> None:
    """Instala um pacote da ANS: um zip como publicado, ou uma pasta."""
    pasta = _usar_pasta()
    try:
        relatorio = tiss_xsd.instalar(pacote, pasta, trocar=trocar)
    except tiss_xsd.PacoteIlegivel as erro:
        raise MauUso(str(erro)) from None
    except tiss_xsd.PacoteRecusado as erro:
        raise Recusado(str(erro)) from None
    except OSError as erro:
        raise Recusado(f"não foi possível gravar em {pasta}: {erro.strerror}") from None
    mostrar(_dados(relatorio, pasta), _texto(relatorio), em_json=em_json)


def _palavra(conhecido: bool) -> str:
    return "conhecido" if conhecido else "desconhecido"


def _dados(relatorio: tiss_xsd.Relatorio, pasta: Path) -> dict[str, Any]:
    return {
        "pacote": _resumo(relatorio.pacote),
        "internos": [_resumo(interno) for interno in relatorio.internos],
        "versoes": [
            {
                "versao": v.versao,
                "lugar": v.lugar,
                "feito": v.feito,
                "sha256": v.sha256,
                "situacao": _palavra(v.conhecido),
                "arquivos": [_resumo(a) for a in v.arquivos],
                "wsdl": list(v.wsdl),
            }
            for v in relatorio.versoes
        ],
        "alheios": [{"lugar": a.lugar, "arquivos": list(a.nomes)} for a in relatorio.alheios],
        "pasta": str(pasta),
        "aviso": _aviso(relatorio),
    }


def _resumo(resumo: Resumo) -> dict[str, str | None]:
    return {
        "nome": resumo.nome,
        "sha256": resumo.sha256,
        "situacao": _palavra(resumo.conhecido is not None),
        "conhecidoComo": resumo.conhecido,
    }


def _texto(relatorio: tiss_xsd.Relatorio) -> str:
    linhas = [f"pacote {_linha(relatorio.pacote)}"]
    linhas += [f"zip interno {_linha(interno)}" for interno in relatorio.internos]
    for versao in relatorio.versoes:
        linhas += ["", *_da_versao(versao)]
    for alheio in relatorio.alheios:
        onde = alheio.lugar or "raiz"
        linhas += ["", f"fora da troca de mensagens ({onde}): {', '.join(alheio.nomes)}"]
    return "\n".join([*linhas, "", _aviso(relatorio)])


def _aviso(relatorio: tiss_xsd.Relatorio) -> str:
    return _QUANDO if any(v.feito != JA_INSTALADO for v in relatorio.versoes) else _IGUAL


def _linha(resumo: Resumo) -> str:
    if resumo.sha256 is None:
        return f"{resumo.nome} (pasta)"
    situacao = f"conhecido: {resumo.conhecido}" if resumo.conhecido else "desconhecido"
    return f"{resumo.nome}\n  sha256 {resumo.sha256} {situacao}"


def _da_versao(versao: Instalacao) -> list[str]:
    lugar = f" ({versao.lugar})" if versao.lugar else ""
    linhas = [[a.nome, a.sha256 or "", _palavra(a.conhecido is not None)] for a in versao.arquivos]
    tabelada = tabela(["arquivo", "sha256", "resumo"], linhas)
    wsdl = [f"WSDL no pacote, não instalados: {len(versao.wsdl)}"] if versao.wsdl else []
    return [f"versão {versao.versao}: {versao.feito}{lugar}", tabelada, *wsdl]
