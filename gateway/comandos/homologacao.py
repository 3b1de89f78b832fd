"""``homologacao`` e ``prestador hash``: o que o arquivo diz do sistema de um prestador."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import FUSO, dia
from dominio.lote import Identificacao
from gateway.comandos.cadastro import prestador
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
from gateway.comandos.quem import a_operadora
from handlers.homologacao import relatar
from persistence import homologacao as no_arquivo
from persistence import prestadores

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.homologacao import Falha, Relatorio
    from persistence.homologacao import Variante
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

_NENHUMA = "nenhuma leitura"


def _desde(_c: click.Context, _p: click.Parameter, valor: str | None) -> datetime | None:
    if valor is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(valor), time(), FUSO).astimezone(UTC)
    except ValueError:
        raise MauUso("--desde: a data é AAAA-MM-DD") from None


def _prestador(conn: Connection, operadora: Operadora, codigo: str) -> Prestador:
    dito = Identificacao("codigo", codigo)
    achados = prestadores.resolver(conn, operadora.id, [dito])[dito]
    if not achados:
        raise Recusado(f"não há prestador {codigo} na operadora {operadora.registro_ans}")
    return achados[0]


@click.group()
def homologacao() -> None:
    """Prestadores em homologação."""


@homologacao.command("report")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--prestador", "codigo", required=True, help="Código do prestador na operadora.")
@click.option("--desde", callback=_desde, metavar="AAAA-MM-DD", help="Só daí em diante.")
def homologacao_report(
    registro_ans: str, codigo: str, desde: datetime | None, em_json: bool
) -> None:
    """Diz o que o sistema de um prestador ainda faz errado e o que já conseguiu."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        quem = _prestador(conn, a_operadora(conn, registro_ans), codigo)
        relatorio = relatar(conn, quem, desde)
    mostrar(_dados(quem, relatorio), _texto(quem, relatorio), em_json=em_json)


@homologacao.command("liberar")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--prestador", "codigo", required=True, help="Código do prestador na operadora.")
def homologacao_liberar(registro_ans: str, codigo: str, em_json: bool) -> None:
    """Encerra a homologação: o que ele enviar daqui em diante é de verdade."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = _prestador(conn, a_operadora(conn, registro_ans), codigo)
        if not no_arquivo.liberar(conn, quem.id):
            raise Recusado(f"o prestador {codigo} não está em homologação")
    mostrar(
        {"registroANS": registro_ans, "codigo": quem.codigo, "homologacao": False},
        f"prestador {quem.codigo} fora da homologação",
        em_json=em_json,
    )


@prestador.command("hash")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--codigo", help="Só este prestador.")
def prestador_hash(registro_ans: str, codigo: str | None, em_json: bool) -> None:
    """Conta em que leitura o hash das mensagens de cada prestador conferiu."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        operadora = a_operadora(conn, registro_ans)
        quem = None if codigo is None else _prestador(conn, operadora, codigo)
        linhas = no_arquivo.variantes(
            conn, operadora.id, prestador_id=None if quem is None else quem.id
        )
    mostrar(
        {"registroANS": registro_ans, "variantes": [_variante(v) for v in linhas]},
        tabela(
            ["prestador", "leitura", "mensagens", "última"],
            [[v.codigo, v.variante or _NENHUMA, str(v.quantas), _quando(v.ultima)] for v in linhas],
        ),
        em_json=em_json,
    )


def _quando(instante: datetime) -> str:
    return dia(instante).isoformat()


def _variante(v: Variante) -> dict[str, Any]:
    return {
        "prestador": v.codigo,
        "leitura": v.variante,
        "mensagens": v.quantas,
        "ultima": v.ultima.isoformat(),
    }


def _falha(f: Falha) -> dict[str, Any]:
    return {
        **f.tipo._asdict(),
        "mensagens": f.mensagens,
        "primeira": f.primeira.isoformat(),
        "ultima": f.ultima.isoformat(),
        "servico": f.servico,
        "versao": f.versao,
        "exemplo": f.exemplo,
        "corrigida": f.corrigida,
    }


def _dados(quem: Prestador, r: Relatorio) -> dict[str, Any]:
    return {
        "codigo": quem.codigo,
        "homologacao": quem.homologacao,
        "veredito": r.veredito.name.lower(),
        "falhas": [_falha(f) for f in r.falhas],
        "aceitas": [
            {
                "servico": a.servico,
                "versao": a.versao,
                "mensagens": a.quantas,
                "primeira": a.primeira.isoformat(),
                "ultima": a.ultima.isoformat(),
            }
            for a in r.aceitas
        ],
        "hash": [_variante(v) for v in r.variantes],
        "desvios": dict(r.desvios),
    }


def _texto(quem: Prestador, r: Relatorio) -> str:
    situacao = "em homologação" if quem.homologacao else "fora da homologação"
    linhas = [f"prestador {quem.codigo}, {situacao}"]
    if r.aceitas:
        aceitas = [
            [a.servico, a.versao, str(a.quantas), _quando(a.primeira), _quando(a.ultima)]
            for a in r.aceitas
        ]
        linhas += [
            "",
            "conseguiu:",
            tabela(["serviço", "versão", "mensagens", "primeira", "última"], aceitas),
        ]
    for titulo, corrigida in (("falta corrigir:", False), ("já corrigiu:", True)):
        falhas = [f for f in r.falhas if f.corrigida is corrigida]
        if falhas:
            linhas += ["", titulo, *(linha for f in falhas for linha in _linhas(f))]
    if r.variantes:
        linhas += ["", "hash:"]
        linhas += [f"  {v.variante or _NENHUMA}: {v.quantas}" for v in r.variantes]
    if r.desvios:
        linhas += ["", "tolerado:", *(f"  {nome}: {n}" for nome, n in sorted(r.desvios.items()))]
    return "\n".join([*linhas, "", f"veredito: {r.veredito}"])


def _linhas(f: Falha) -> list[str]:
    tipo = f.tipo.erro if f.tipo.campo is None else f"{f.tipo.campo}: {f.tipo.regra}"
    quando = f"{f.mensagens} mensagens, de {_quando(f.primeira)} a {_quando(f.ultima)}"
    linhas = [f"  {tipo} ({quando})"]
    if f.exemplo:
        linhas.append(f"    por exemplo: {f.exemplo}")
    return linhas
