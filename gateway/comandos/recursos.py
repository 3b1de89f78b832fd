"""``recurso import``: as respostas da operadora a muitos recursos de glosa."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import click

from backoffice.planilha import LinhaRuim, resumo_das_ruins
from dominio.competencia import agora
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
    quem_usa_o_terminal,
)
from handlers.da_operadora import Autor
from handlers.decisao_de_recurso import importar, ler_csv, ler_json
from persistence import operadoras

_MAIOR_ARQUIVO = 64 * 1024 * 1024


@click.group()
def recurso() -> None:
    """Recursos de glosa."""


@recurso.command("import")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--parcial", is_flag=True, help="Responde os recursos que servem.")
@click.argument("arquivo", type=click.Path(path_type=Path))
def recurso_import(registro_ans: str, parcial: bool, arquivo: Path, em_json: bool) -> None:
    """Responde recursos de um CSV, recurso;linha;acatado;justificativa;aceita, ou de um .jsonl."""
    texto = _ler(arquivo)
    with banco_em_dia() as banco:
        with banco.leitura() as conn:
            dona = operadoras.por_registro(conn, registro_ans)
        if dona is None:
            raise Recusado(f"não há operadora com registro ANS {registro_ans}")
        # o mesmo arquivo tem as mesmas chaves: importá-lo de novo não responde de novo
        prefixo = hashlib.sha256(texto.encode()).hexdigest()[:32]
        ler = ler_json if arquivo.suffix == ".jsonl" else ler_csv
        lidas = ler(io.StringIO(texto, newline=""), prefixo)
        autor = Autor(quem_usa_o_terminal(), agora())
        relatorio = importar(banco, dona.id, lidas, autor, parcial=parcial)
    ruins = [LinhaRuim(r.linha, r.texto) for r in relatorio.recusados]
    dados = {**relatorio._asdict(), "recusados": [r._asdict() for r in relatorio.recusados]}
    resumo = (
        f"recursos lidos: {relatorio.lidos}, respondidos: {relatorio.gravados},"
        f" já respondidos antes: {relatorio.repetidos}, recusados: {len(ruins)}"
    )
    mostrar(dados, "\n".join(filter(None, (resumo_das_ruins(ruins), resumo))), em_json=em_json)
    if ruins and not parcial:
        raise Recusado(f"recursos recusados: {len(ruins)}; nada foi gravado")


def _ler(arquivo: Path) -> str:
    try:
        if arquivo.stat().st_size > _MAIOR_ARQUIVO:
            raise MauUso("o arquivo é grande demais; divida-o")
        return arquivo.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise MauUso("o arquivo não se lê como texto UTF-8") from None
