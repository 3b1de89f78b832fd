"""``auditoria purge``: o fim dos eventos que já não se precisam guardar."""

from __future__ import annotations

from datetime import timedelta

import click

from dominio.competencia import agora
from gateway.comandos.comum import banco_em_dia, mostrar, opcao_config, opcao_json
from persistence import auditoria as eventos


@click.group()
def auditoria() -> None:
    """Auditoria."""


@auditoria.command("purge")
@opcao_config
@opcao_json
@click.option(
    "--dias", required=True, type=click.IntRange(eventos.GUARDA.days + 1, 36_500),
    help="Apaga os eventos mais velhos do que isto.",
)  # fmt: skip
def auditoria_purge(dias: int, em_json: bool) -> None:
    """Apaga eventos antigos; os dos últimos 90 dias o próprio banco não deixa apagar."""
    from gateway.arquivo.expurgo import apagar_auditoria

    with banco_em_dia() as banco:
        apagados, antes_de = 0, agora() - timedelta(days=dias)
        while feitos := apagar_auditoria(banco, antes_de):
            apagados += feitos
    mostrar({"apagados": apagados}, f"eventos apagados: {apagados}", em_json=em_json)
