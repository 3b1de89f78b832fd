"""A situação de um recurso de glosa: em que pé está e, decidido, o que se acatou."""

from __future__ import annotations

from handlers.status_recurso.assunto import StatusRecurso

__all__ = ["StatusRecurso"]
