"""Como uma recusa diz em que guias do lote uma regra falhou."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dominio.lote import Lote
    from handlers.regras import Achado

_CITADAS = 5


def citar(lote: Lote, achados: Sequence[Achado]) -> str:
    """Frase com as primeiras guias, pela posição e pelo número do prestador, e o primeiro detalhe.

    O detalhe é o da primeira guia citada; o das outras pode ser outro, e fica por dizer.
    """
    posicoes = sorted({a.guia for a in achados if a.guia is not None})
    frases = []
    if posicoes:
        citadas = ", ".join(
            f"{p} (nº {lote.guias[p - 1].numero_prestador})" for p in posicoes[:_CITADAS]
        )
        resto = f" e mais {len(posicoes) - _CITADAS}" if len(posicoes) > _CITADAS else ""
        frases.append(f"Guia{'s' if len(posicoes) > 1 else ''} {citadas}{resto}.")
    primeiro = min(achados, key=lambda a: a.guia or 0)
    if primeiro.detalhe is not None:
        frases.append(primeiro.detalhe)
    return " ".join(frases)
