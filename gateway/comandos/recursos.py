"""``recurso import``: as respostas da operadora a muitos recursos de glosa."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import click

from dominio.competencia import agora
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
from handlers.da_operadora import Autor
from handlers.decisao_de_recurso import importar, ler_csv, ler_json

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
            dona = a_operadora(conn, registro_ans)
        # o mesmo arquivo tem as mesmas chaves: importá-lo de novo não responde de novo
        prefixo = hashlib.sha256(texto.encode()).hexdigest()[:32]
        ler = ler_json if arquivo.suffix == ".jsonl" else ler_csv
        lidas = ler(io.StringIO(texto, newline=""), prefixo)
        autor = Autor(quem_usa_o_terminal(), agora())
        relatorio = importar(banco, dona.id, lidas, autor, parcial=parcial)
    relatar(relatorio, "recursos", "respondidos", parcial=parcial, em_json=em_json)


def _ler(arquivo: Path) -> str:
    try:
        if arquivo.stat().st_size > _MAIOR_ARQUIVO:
            raise MauUso("o arquivo é grande demais; divida-o")
        return arquivo.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise MauUso("o arquivo não se lê como texto UTF-8") from None
