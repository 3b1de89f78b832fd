"""``jobs``: os trabalhos de fundo, à parte de ``serve``."""

from __future__ import annotations

import signal

import click

from gateway import registro
from gateway.comandos.comum import opcao_config
from gateway.configuracao import carregar


@click.command()
@opcao_config
def jobs() -> None:
    """Executa os trabalhos de fundo até ser parado; só um processo trabalha de cada vez."""
    configuracao = carregar()
    registro.configurar(configuracao.log)
    from gateway.servidor import preparar_banco
    from gateway.trabalhos import executor

    preparar_banco(configuracao)
    with executor(configuracao) as executando:
        for sinal in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sinal, lambda _numero, _quadro: executando.pedir_parada())
        executando.correr()
