"""Um só caminho de registro: linhas JSON do gateway e das bibliotecas, sem dados de mensagens."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from gateway.secoes.registro import Registro

_SILENCIADOS = ("spyne", "zeep", "alembic", "uvicorn.access", "boto3", "botocore")
"""Registros que repetiriam conteúdo de pedidos ou o que o gateway já diz."""


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
    structlog.configure(
        processors=[*comuns, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    saida = logging.StreamHandler(sys.stderr)
    saida.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*comuns, _sem_rastro],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    raiz = logging.getLogger()
    raiz.handlers = [saida]
    raiz.setLevel(registro.level.upper())
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
