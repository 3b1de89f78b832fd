"""O recurso de glosa: o prestador contesta o que a análise cortou."""

from __future__ import annotations

from handlers.recurso_glosa.assunto import RecursoGlosa

__all__ = ["RecursoGlosa"]
