"""``prestador demonstrativo``: que itens a análise de conta mostra a um prestador."""

from __future__ import annotations

import click

from gateway.comandos.comum import (
    banco_em_dia,
    mostrar,
    opcao_config,
    opcao_json,
    opcao_operadora,
)
from gateway.comandos.quem import auditar, o_prestador, opcao_prestador
from persistence import demonstrativos
from persistence.tabelas.demonstrativos import GLOSADOS, TODOS


@click.command("demonstrativo")
@opcao_config
@opcao_json
@opcao_operadora
@opcao_prestador
@click.option(
    "--itens",
    required=True,
    type=click.Choice([GLOSADOS, TODOS]),
    help="glosados, como diz o padrão, ou todos.",
)
def do_prestador(registro_ans: str, codigo: str, itens: str, em_json: bool) -> None:
    """Escolhe que itens a análise de conta mostra a um prestador; muda o que se emitir depois."""
    with banco_em_dia() as banco, banco.escrita() as conn:
        quem = o_prestador(conn, registro_ans, codigo)
        demonstrativos.mostrar_todos(conn, quem.operadora_id, quem.id, todos=itens == TODOS)
        auditar(conn, quem.operadora_id, "mudar-demonstrativo", ("prestador", codigo), itens=itens)
    dados = {"registroANS": registro_ans, "codigo": codigo, "itens": itens}
    mostrar(dados, f"prestador {codigo}: itens {itens} no demonstrativo", em_json=em_json)
