"""``regras``: o que cada regra faz, para uma operadora ou um prestador, e como mudá-lo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dominio.lote import Identificacao
from dominio.versoes import VERSOES
from gateway.comandos.comum import (
    MauUso,
    Recusado,
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    tabela,
)
from gateway.comandos.quem import a_operadora
from gateway.comandos.recusas import catalogo
from handlers.lote_guias.regras import REGRAS, todas
from handlers.recurso_glosa.regras import REGRAS as DE_RECURSO
from handlers.regras.politica import AjusteRecusado, conferir, em_vigor
from handlers.regras.regra import NIVEIS
from persistence import prestadores
from persistence.regras import Ajuste, ajustar, ajustes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from handlers.regras import Regra
    from persistence.regras import Ajustes

_MAIOR_TOLERANCIA = 1_000_000
_TITULOS = ["regra", "código", "nível", "padrão", "tolerância", "de quem", "texto"]


@click.group()
def regras() -> None:
    """Regras de recebimento dos lotes e dos recursos de glosa."""


@regras.command("list")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, help="Da operadora.")
@click.option("--prestador", "codigo", help="Código de um prestador; sem ele, o da operadora.")
def regras_list(registro_ans: str, codigo: str | None, em_json: bool) -> None:
    """Mostra o que vale em cada regra."""
    with banco_em_dia() as banco, banco.leitura() as conn:
        mudadas = ajustes(conn, *_donos(conn, registro_ans, codigo))
    dados = [_dados(regra, mudadas) for regra in _todas()]
    linhas = [
        [
            str(d["regra"]),
            str(d["codigo"]),
            f"{d['nivel']}{' (fixo)' if d['fixa'] else ''}",
            str(d["nivelPadrao"]),
            _tolerancia(d),
            str(d["origem"]),
            str(d["texto"]),
        ]
        for d in dados
    ]
    mostrar({"regras": dados}, tabela(_TITULOS, linhas), em_json=em_json)


@regras.command("set")
@opcao_config
@opcao_json
@click.option("--registro-ans", required=True, help="Da operadora.")
@click.option("--prestador", "codigo", help="Só para um prestador; vale por cima do da operadora.")
@click.option("--regra", "chave", required=True, help="Nome da regra, como em regras list.")
@click.option("--nivel", type=click.Choice([str(n) for n in NIVEIS]), help="O que a falha faz.")
@click.option(
    "--tolerancia", type=click.IntRange(0, _MAIOR_TOLERANCIA), help="Na unidade da regra."
)
@click.option("--texto", help="Frase para o prestador, em lugar da da regra.")
@click.option("--padrao", is_flag=True, help="Desfaz o que se tinha mudado.")
def regras_set(
    registro_ans: str,
    codigo: str | None,
    chave: str,
    nivel: str | None,
    tolerancia: int | None,
    texto: str | None,
    padrao: bool,
    em_json: bool,
) -> None:
    """Muda uma regra; o que não se diz fica como estava."""
    regra = next((r for r in _todas() if r.chave == chave), None)
    if regra is None:
        raise MauUso("--regra: não há regra com esse nome; veja tiss-gateway regras list")
    mudanca = Ajuste(nivel, tolerancia, texto)
    _conferir(regra, mudanca, padrao=padrao)
    with banco_em_dia() as banco, banco.escrita() as conn:
        operadora_id, prestador_id = _donos(conn, registro_ans, codigo)
        antes = ajustes(conn, operadora_id, prestador_id)
        dono = antes.da_operadora if prestador_id is None else antes.do_prestador
        novo = Ajuste() if padrao else _junto(dono.get(chave, Ajuste()), mudanca)
        ajustar(conn, operadora_id, prestador_id, chave, novo)
        dados = _dados(regra, ajustes(conn, operadora_id, prestador_id))
    mostrar(dados, f"regra {chave}: nível {dados['nivel']}", em_json=em_json)


@regras.command("doc")
def regras_doc() -> None:
    """Escreve o catálogo das recusas e críticas do gateway, em Markdown."""
    click.echo(catalogo(REGRAS, DE_RECURSO), nl=False)


def _todas() -> tuple[Regra[Any], ...]:
    return (*todas(), *DE_RECURSO)


def _conferir(regra: Regra[Any], mudanca: Ajuste, *, padrao: bool) -> None:
    if (mudanca == Ajuste()) != padrao:
        raise MauUso("diga --nivel, --tolerancia ou --texto; ou só --padrao")
    try:
        conferir(regra, mudanca)
    except AjusteRecusado as erro:
        if erro.campo == "nivel":
            raise Recusado(str(erro)) from None
        raise MauUso(f"--{erro.campo}: {erro}") from None


def _junto(antes: Ajuste, mudanca: Ajuste) -> Ajuste:
    return antes._replace(**{k: v for k, v in mudanca._asdict().items() if v is not None})


def _donos(conn: Connection, registro_ans: str, codigo: str | None) -> tuple[int, int | None]:
    operadora = a_operadora(conn, registro_ans)
    if codigo is None:
        return operadora.id, None
    dito = Identificacao("codigo", codigo)
    achados = prestadores.resolver(conn, operadora.id, [dito])[dito]
    if not achados:
        raise Recusado(f"não há prestador {codigo}")
    return operadora.id, achados[0].id


def _tolerancia(dados: Mapping[str, Any]) -> str:
    if dados["unidade"] is None:
        return "-"
    quanto = "por dizer" if dados["tolerancia"] is None else dados["tolerancia"]
    return f"{quanto}, em {dados['unidade']}"


def _dados(regra: Regra[Any], mudadas: Ajustes) -> dict[str, Any]:
    vigor = em_vigor(regra, mudadas)
    return {
        "regra": regra.chave,
        "codigo": regra.erro.glosa(VERSOES[-1]),
        "nivel": vigor.nivel.value,
        "nivelPadrao": regra.erro.nivel.value,
        "fixa": regra.fixa,
        "tolerancia": vigor.tolerancia,
        "unidade": regra.tolerancia.unidade.value if regra.tolerancia else None,
        "origem": vigor.origem,
        "texto": vigor.texto,
    }
