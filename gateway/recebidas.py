"""O que se anota de cada mensagem atendida, venha por que canal vier: métricas e registro."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from gateway import metricas

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.andamento import Pedido, Resultado
    from handlers.recepcao import Recepcao
    from mensagem.recusa import Recusa

_log = structlog.get_logger("porta")


def anotar(pedido: Pedido, resultado: Resultado, segundos: float, recebidos: int) -> None:
    """Conta e registra uma mensagem, sem nada do que ela traz.

    Args:
        pedido: a mensagem.
        resultado: o que se respondeu.
        segundos: do corpo completo à resposta pronta.
        recebidos: bytes, ainda comprimidos.
    """
    metricas.registrar(resultado, segundos)
    _log.info(
        "mensagem",
        correlacao=pedido.id,
        servico=resultado.servico,
        versao=resultado.versao,
        desfecho=resultado.desfecho,
        erro=resultado.erro,
        http=resultado.http,
        repetida=resultado.repetida or None,
        bytes=recebidos,
        ms=round(segundos * 1000, 1),
    )


class RecepcaoAnotada:
    """A recepção, com cada mensagem anotada; serve à API, que recebe várias num pedido.

    Args:
        recepcao: quem recebe de fato.
    """

    def __init__(self, recepcao: Recepcao) -> None:
        self._recepcao = recepcao

    def receber(self, pedido: Pedido) -> Resultado:
        """Confere, executa, responde e arquiva; nunca levanta exceção."""
        return self._anotada(pedido, lambda: self._recepcao.receber(pedido))

    def recusar(self, pedido: Pedido, recusa: Recusa) -> Resultado:
        """Recusa e arquiva o que não se deixou entrar."""
        return self._anotada(pedido, lambda: self._recepcao.recusar(pedido, recusa))

    @staticmethod
    def _anotada(pedido: Pedido, fazer: Callable[[], Resultado]) -> Resultado:
        inicio = time.perf_counter()
        metricas.EM_CURSO.inc()
        try:
            resultado = fazer()
        finally:
            metricas.EM_CURSO.dec()
        anotar(pedido, resultado, time.perf_counter() - inicio, len(pedido.dados))
        return resultado
