"""``titular report``: onde estão os dados de uma pessoa, e quem os acessou."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dominio.competencia import FUSO
from gateway.comandos.comum import (
    MauUso,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    quem_usa_o_terminal,
)
from gateway.comandos.quem import a_operadora
from persistence import auditoria
from persistence.consultas import titular as consulta

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.auditoria import Evento
    from persistence.consultas.titular import GuiaDaPessoa, Lugares

_MAIOR_CARTEIRA = 20


@click.group()
def titular() -> None:
    """Dados de uma pessoa."""


@titular.command("report")
@opcao_config
@opcao_json
@opcao_operadora
@click.option(
    "--carteira", required=True, help="Da pessoa; - a lê da entrada padrão, sem ficar no histórico."
)
def titular_report(registro_ans: str, carteira: str, em_json: bool) -> None:
    """Lista onde estão os dados de uma pessoa e quem os acessou; o relatório também é auditado.

    Mostra só identificações: protocolos, guias, documentos, recursos, mensagens, se há cadastro, e
    acessos.
    """
    pedida = sys.stdin.readline().strip() if carteira == "-" else carteira.strip()
    if not 1 <= len(pedida) <= _MAIOR_CARTEIRA:
        raise MauUso(f"--carteira: de 1 a {_MAIOR_CARTEIRA} caracteres")
    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            operadora = a_operadora(conn, registro_ans)
            lugares = consulta.lugares(conn, operadora.id, pedida)
        with banco.escrita() as conn:
            acessos = auditoria.de_titular(conn, operadora.id, pedida)
            auditoria.registrar(
                conn,
                operadora_id=operadora.id,
                quem=quem_usa_o_terminal(),
                porta="cli",
                acao="relatar",
                alvo_tipo="titular",
                alvo="relatório",
                carteira=pedida,
            )
    mostrar(_dados(lugares, acessos), _texto(lugares, acessos), em_json=em_json)


def _mensagens(lugares: Lugares) -> list[str]:
    das_guias = [guia.mensagem_id for guia in lugares.guias]
    dos_documentos = [d.mensagem_id for d in lugares.documentos]
    dos_recursos = [r.mensagem_id for r in lugares.recursos]
    return list(dict.fromkeys(das_guias + dos_documentos + dos_recursos))


def _protocolos(lugares: Lugares) -> list[GuiaDaPessoa]:
    return list({guia.protocolo: guia for guia in reversed(lugares.guias)}.values())[::-1]


def _dados(lugares: Lugares, acessos: tuple[Evento, ...]) -> dict[str, Any]:
    return {
        "noCadastro": lugares.no_cadastro,
        "protocolos": [
            {"numero": g.protocolo, "recebidoEm": _iso(g.recebido_em), "lote": g.lote_numero,
             "prestador": g.prestador_codigo}
            for g in _protocolos(lugares)
        ],
        "guias": [
            {"protocolo": g.protocolo, "posicao": g.posicao, "numero": g.numero_prestador}
            for g in lugares.guias
        ],
        "documentos": [
            {"numero": d.numero, "recebidoEm": _iso(d.recebido_em)} for d in lugares.documentos
        ],
        "recursos": [
            {"numero": r.numero, "recebidoEm": _iso(r.recebido_em)} for r in lugares.recursos
        ],
        "mensagens": _mensagens(lugares),
        "acessos": [
            {"em": _iso(e.em), "quem": e.quem, "porta": e.porta, "acao": e.acao,
             "alvoTipo": e.alvo_tipo, "alvo": e.alvo}
            for e in acessos
        ],
    }  # fmt: skip


def _texto(lugares: Lugares, acessos: tuple[Evento, ...]) -> str:
    linhas = [f"cadastro de beneficiários: {'sim' if lugares.no_cadastro else 'não'}"]
    linhas.append(f"protocolos: {len(_protocolos(lugares))}, guias: {len(lugares.guias)}")
    linhas += [
        f"  protocolo {g.protocolo}, de {_hora(g.recebido_em)}, prestador {g.prestador_codigo}, "
        f"lote {g.lote_numero}, guia {g.numero_prestador} (a {g.posicao}ª)"
        for g in lugares.guias
    ]
    linhas.append(f"documentos: {len(lugares.documentos)}")
    linhas += [f"  documento {d.numero}, de {_hora(d.recebido_em)}" for d in lugares.documentos]
    linhas.append(f"recursos: {len(lugares.recursos)}")
    linhas += [f"  recurso {r.numero}, de {_hora(r.recebido_em)}" for r in lugares.recursos]
    linhas.append(f"mensagens no arquivo: {len(_mensagens(lugares))}")
    linhas += [f"  {mensagem}" for mensagem in _mensagens(lugares)]
    linhas.append(f"acessos: {len(acessos)}")
    linhas += [
        f"  {_hora(e.em)} {e.quem} ({e.porta}): {e.acao} {e.alvo_tipo} {e.alvo}" for e in acessos
    ]
    return "\n".join(linhas)


def _hora(instante: datetime) -> str:
    return instante.astimezone(FUSO).strftime("%d/%m/%Y %H:%M")


def _iso(instante: datetime) -> str:
    return instante.astimezone(FUSO).isoformat(timespec="seconds")
