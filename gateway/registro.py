"""Uma só saída de registro: linhas JSON do gateway e das bibliotecas, sem dados de mensagens.

As nossas não passam pela biblioteca padrão, que por linha custaria mais do que escrevê-la; vão para
o mesmo lugar que as dela, com a mesma tranca.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from gateway.secoes.registro import Registro

_SILENCIADOS = ("spyne", "zeep", "alembic", "uvicorn.access", "boto3", "botocore")
"""Registros que repetiriam conteúdo de pedidos ou o que o gateway já diz."""


class _Escritor:
    """Quem escreve as linhas de um registro, já prontas, na saída de todos.

    Args:
        saida: a da biblioteca padrão.
        name: do registro, como o têm os dela.
    """

    def __init__(self, saida: logging.StreamHandler[TextIO], name: str) -> None:
        self.name = name
        self._saida = saida

    def _escrever(self, linha: str) -> None:
        saida = self._saida
        saida.acquire()
        try:
            # uma linha que não se pode escrever não impede a mensagem de que fala
            with suppress(OSError, ValueError):
                saida.stream.write(f"{linha}{saida.terminator}")
                saida.flush()
        finally:
            saida.release()

    debug = info = warning = error = critical = _escrever


def configurar(registro: Registro) -> None:
    """Configura structlog e a biblioteca padrão para a mesma saída (stderr)."""
    comuns: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if registro.format == "console":
        final = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    saida = logging.StreamHandler(sys.stderr)
    saida.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*comuns, _sem_rastro],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    nivel = logging.getLevelNamesMapping()[registro.level.upper()]
    structlog.configure(
        processors=[*comuns, final],
        logger_factory=partial(_Escritor, saida),
        wrapper_class=structlog.make_filtering_bound_logger(nivel),
        cache_logger_on_first_use=True,
    )
    raiz = logging.getLogger()
    raiz.handlers = [saida]
    raiz.setLevel(nivel)
    for nome in _SILENCIADOS:
        logging.getLogger(nome).setLevel(logging.CRITICAL)


def _sem_rastro(
    _logger: Any, _metodo: str, evento: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Reduz a exceção de uma biblioteca ao seu tipo: o texto pode trazer valores."""
    registro = evento.get("_record")
    if registro is not None and registro.exc_info:
        evento["causa"] = getattr(registro.exc_info[0], "__name__", "desconhecida")
        registro.exc_info = None
        registro.exc_text = None
    evento.pop("exc_info", None)
    return evento
