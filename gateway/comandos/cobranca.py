"""``precos`` e ``analise``: os preços da operadora e a análise das contas."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backoffice.planilha import (
    ArquivoInvalido,
    Planilha,
    resumo_das_ruins,
    ruins_em_json,
)
from backoffice.planilha_de_precos import PRECOS
from dominio.analise import Politica
from dominio.competencia import agora
from dominio.impedimento import Impedimento
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
from gateway.comandos.quem import a_operadora
from gateway.comandos.relato import relatar
from handlers.analise import linhas, regras
from handlers.analise.automatica import analisar
from handlers.analise.importacao import Opcoes, importar
from handlers.analise.regras import Acao
from handlers.da_operadora import Autor
from persistence import politicas_de_cobranca
from persistence import precos as tabela

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.em_massa import Relatorio
    from persistence.banco import Banco

_PEDACO = 1 << 20


@click.group()
def precos() -> None:
    """Tabelas de preços das operadoras."""


@precos.command("import")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--parcial", is_flag=True, help="Grava as linhas boas, ainda que haja ruins.")
@click.argument("arquivo", type=click.Path(path_type=Path))
def precos_import(registro_ans: str, parcial: bool, arquivo: Path, em_json: bool) -> None:
    """Cria e atualiza preços de um CSV; os que não estão nele ficam como estão."""
    with banco_em_dia() as banco:
        operadora_id = _operadora(banco, registro_ans)
        try:
            planilha = Planilha(arquivo, PRECOS)
            # a primeira leitura só confere: o banco não espera por um arquivo que não serve
            boas = sum(1 for _ in planilha.ler())
            ruins = list(planilha.ruins)
            if ruins and not parcial:
                dados = {"gravados": 0, "ruins": ruins_em_json(ruins)}
                mostrar(dados, resumo_das_ruins(ruins), em_json=em_json)
                raise Recusado(f"linhas ruins: {len(ruins)}, boas: {boas}; nada foi gravado")
            with banco.escrita() as conn:
                gravados = tabela.gravar(conn, operadora_id, planilha.ler())
        except ArquivoInvalido as erro:
            raise MauUso(str(erro)) from None
    texto = f"preços gravados: {gravados}"
    if ruins:
        texto = f"{resumo_das_ruins(ruins)}\n{texto}, linhas ruins deixadas de fora: {len(ruins)}"
    mostrar({"gravados": gravados, "ruins": ruins_em_json(ruins)}, texto, em_json=em_json)


@click.group()
def analise() -> None:
    """Análise das contas."""


@analise.command("import")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--parcial", is_flag=True, help="Grava os protocolos que servem.")
@click.option("--finalizar", is_flag=True, help="Finaliza a análise de cada protocolo.")
@click.option("--completar", is_flag=True, help="Ao finalizar, libera o que não tem resultado.")
@click.argument("arquivo", type=click.Path(path_type=Path))
def analise_import(
    *,
    registro_ans: str,
    parcial: bool,
    finalizar: bool,
    completar: bool,
    arquivo: Path,
    em_json: bool,
) -> None:
    """Registra resultados de um arquivo: CSV, ou uma linha JSON por protocolo."""
    if completar and not finalizar:
        raise MauUso("--completar só serve com --finalizar")
    with banco_em_dia() as banco:
        operadora_id = _operadora(banco, registro_ans)
        opcoes = Opcoes(parcial, finalizar, completar)
        relatorio = _importar(banco, operadora_id, arquivo, opcoes)
    relatar(relatorio, "protocolos", "gravados", parcial=parcial, em_json=em_json)


@analise.command("automatica")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--protocolo", required=True, type=click.IntRange(1), help="Número.")
@click.option("--finalizar", is_flag=True, help="Finaliza, se nada ficou para uma pessoa.")
def analise_automatica(registro_ans: str, protocolo: int, finalizar: bool, em_json: bool) -> None:
    """Analisa um lote pelos preços e regras da operadora."""
    with banco_em_dia() as banco:
        operadora_id = _operadora(banco, registro_ans)
        try:
            with banco.escrita() as conn:
                feita = analisar(conn, operadora_id, protocolo, _autor(), finaliza=finalizar)
        except Impedimento as impedimento:
            raise Recusado(impedimento.texto) from None
    atual = feita.analise
    dados = {
        "protocolo": atual.protocolo,
        "status": int(atual.status),
        "estado": atual.estado,
        "guias": feita.guias,
        "apontamentos": [a._asdict() for a in feita.apontamentos],
    }
    vistos = [
        f"guia {a.guia_posicao}{'' if a.item_posicao is None else f', item {a.item_posicao}'}:"
        f" {a.texto} ({a.acao})"
        for a in feita.apontamentos
    ]
    texto = f"guias com resultado: {feita.guias}; análise {atual.estado}"
    mostrar(dados, "\n".join((*vistos, texto)), em_json=em_json)


@analise.command("politica")
@opcao_config
@opcao_json
@opcao_operadora
@click.option("--valores", type=click.Choice([p.value for p in Politica]))
@click.option("--regra", type=click.Choice(list(regras.REGRAS)), help="Regra da automática.")
@click.option("--acao", type=click.Choice([a.value for a in Acao]), help="O que a regra faz.")
@click.option("--codigo", help="Código da tabela 38 com que a regra glosa ou critica.")
def analise_politica(
    *,
    registro_ans: str,
    valores: str | None,
    regra: str | None,
    acao: str | None,
    codigo: str | None,
    em_json: bool,
) -> None:
    """Mostra, ou muda, como os valores se ligam e o que cada regra automática faz."""
    if (regra is None) != (acao is None) or (codigo is not None and regra is None):
        raise MauUso("--regra e --acao vêm juntas; --codigo, com elas")
    with banco_em_dia() as banco:
        operadora_id = _operadora(banco, registro_ans)
        try:
            with banco.escrita() as conn:
                if valores is not None:
                    antes = politicas_de_cobranca.ler(conn, operadora_id)
                    nova = antes._replace(valores=Politica(valores))
                    politicas_de_cobranca.gravar(conn, operadora_id, nova)
                if regra is not None and acao is not None:
                    regras.ajustar(conn, operadora_id, {regra: (Acao(acao), codigo)})
                dados = _politica(conn, operadora_id)
        except Impedimento as impedimento:
            raise Recusado(impedimento.texto) from None
    textos = [f"valores: {dados['valores']}"]
    textos += [f"{r['regra']}: {r['acao']} ({r['codigo']})" for r in dados["regras"]]
    mostrar(dados, "\n".join(textos), em_json=em_json)


def _politica(conn: Connection, operadora_id: int) -> dict[str, Any]:
    return {
        "valores": politicas_de_cobranca.ler(conn, operadora_id).valores.value,
        "regras": [
            {"regra": regra.chave, "acao": regra.acao.value, "codigo": regra.codigo}
            for regra in regras.da_operadora(conn, operadora_id).values()
        ],
    }


def _importar(banco: Banco, operadora_id: int, arquivo: Path, opcoes: Opcoes) -> Relatorio:
    try:
        # o mesmo arquivo tem as mesmas chaves: importá-lo de novo não grava de novo
        prefixo = _resumo(arquivo)
        with arquivo.open(encoding="utf-8-sig", newline="") as texto:
            ler = linhas.de_csv if arquivo.suffix.lower() == ".csv" else linhas.de_json
            return importar(banco, operadora_id, ler(texto, prefixo), _autor(), opcoes)
    except OSError as erro:
        raise MauUso(f"não foi possível ler {arquivo}: {erro.strerror}") from None
    except UnicodeDecodeError:
        raise MauUso(f"{arquivo} não está em UTF-8") from None
    except linhas.LinhaInvalida as erro:
        raise MauUso(str(erro)) from None


def _resumo(arquivo: Path) -> str:
    soma = hashlib.sha256()
    with arquivo.open("rb") as bruto:
        while pedaco := bruto.read(_PEDACO):
            soma.update(pedaco)
    return soma.hexdigest()


def _autor() -> Autor:
    return Autor(quem_usa_o_terminal(), agora())


def _operadora(banco: Banco, registro_ans: str) -> int:
    with banco.leitura() as conn:
        achada = a_operadora(conn, registro_ans)
    return achada.id
