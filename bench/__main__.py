"""A linha de comando da medição: ``python -m bench``."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import click

from bench import bancos, chegadas, medicao, memoria, perfil, relatorio
from bench.carga import RespostaErrada
from bench.casos import CASOS
from bench.servidor import NaoSubiu

_LISTA = "separados por vírgula"


def _escolhidos(validos: tuple[str, ...]) -> Any:
    def ler(_contexto: click.Context, _opcao: click.Parameter, valor: str) -> list[str]:
        pedidos = [parte.strip() for parte in valor.split(",") if parte.strip()]
        estranhos = [p for p in pedidos if p not in validos]
        if estranhos or not pedidos:
            raise click.BadParameter(f"escolha entre {', '.join(validos)}")
        return pedidos

    return ler


def _numeros(_contexto: click.Context, _opcao: click.Parameter, valor: str) -> list[int]:
    try:
        numeros = [int(parte) for parte in valor.split(",")]
    except ValueError:
        numeros = []
    if not numeros or min(numeros) < 1:
        raise click.BadParameter("números de processos a partir de 1")
    return numeros


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--casos", default=",".join(CASOS), callback=_escolhidos(tuple(CASOS)), help=_LISTA)
@click.option(
    "--bancos", "tipos", default=",".join(bancos.TIPOS), callback=_escolhidos(bancos.TIPOS),
    help=_LISTA,
)  # fmt: skip
@click.option("--processos", default="1,2", callback=_numeros, help=_LISTA)
@click.option("--rapido", is_flag=True, help="Poucas mensagens: mostra que mede, não quanto é.")
@click.option("--markdown", "em_markdown", is_flag=True, help="A tabela em Markdown.")
@click.option("--json", "arquivo", type=click.Path(path_type=Path), help="Grava tudo em JSON.")
@click.option("--memoria", "so_memoria", is_flag=True, help="Memória ao longo de milhares.")
@click.option(
    "--carga", "porcento", type=click.IntRange(1, 100),
    help="Latência a essa percentagem do pico, com chegadas independentes.",
)  # fmt: skip
@click.option("--segundos", default=20.0, help="De cada medida de --carga.")
@click.option("--perfil", "perfilado", type=click.Choice(list(CASOS)), help="cProfile de um caso.")
def principal(
    casos: list[str],
    tipos: list[bancos.Tipo],
    processos: list[int],
    *,
    rapido: bool,
    em_markdown: bool,
    arquivo: Path | None,
    so_memoria: bool,
    porcento: int | None,
    segundos: float,
    perfilado: str | None,
) -> None:
    """Mede o gateway contra o piso na mesma execução."""
    try:
        if perfilado is not None:
            caso = CASOS[perfilado]
            click.echo(perfil.relatorio(caso, tipos[0], 2000 // caso.guias + 20))
        elif porcento is not None:
            medidas = chegadas.medir(
                tipos, processos, [CASOS[c] for c in casos],
                porcento=porcento, segundos=segundos, avisar=_avisar,
            )  # fmt: skip
            click.echo(chegadas.markdown(list(medidas)))
        elif so_memoria:
            _memoria(tipos, casos)
        else:
            _medir(casos, tipos, processos, rapido=rapido, em_markdown=em_markdown, arquivo=arquivo)
    except (bancos.SemBanco, NaoSubiu, RespostaErrada) as erro:
        raise click.ClickException(str(erro)) from None


def _medir(
    casos: list[str],
    tipos: list[bancos.Tipo],
    processos: list[int],
    *,
    rapido: bool,
    em_markdown: bool,
    arquivo: Path | None,
) -> None:
    ritmo = medicao.RAPIDO if rapido else medicao.Ritmo()
    resultados = []
    for r in medicao.medir(tipos, processos, [CASOS[c] for c in casos], ritmo, _avisar):
        resultados.append(r)
        _avisar(f"  {r.titulo}: {r.razao:.2f} ({r.menor_razao:.2f} a {r.maior_razao:.2f})")
    click.echo(relatorio.markdown(resultados) if em_markdown else relatorio.tabela(resultados))
    if arquivo is not None:
        parametros = {"rapido": rapido, **ritmo._asdict()}
        dados = relatorio.em_json(resultados, parametros)
        arquivo.write_text(json.dumps(dados, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _memoria(tipos: list[bancos.Tipo], casos: list[str]) -> None:
    for tipo, nome in itertools.product(tipos, casos):
        for ponto in memoria.medir(tipo, CASOS[nome]):
            click.echo(
                f"{tipo}: {ponto.mensagens} de {nome}, {ponto.residente_mib:.0f} MiB residentes, "
                f"pico de {ponto.pico_mib:.0f} MiB"
            )


def _avisar(texto: str) -> None:
    click.echo(texto, err=True)


if __name__ == "__main__":
    principal(prog_name=f"{Path(sys.executable).name} -m bench")
