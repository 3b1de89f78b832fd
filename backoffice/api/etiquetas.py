"""``ETag``, ``If-Match`` e ``Idempotency-Key``: sobre que estado se decide, e uma só vez."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from backoffice.api.problemas import Problema

_ETIQUETA = re.compile(r'"([0-9]{1,19})"')
_MAIOR_CHAVE = 200


def etiqueta(revisao: int) -> str:
    """O ETag de uma revisão."""
    return f'"{revisao}"'


def visto(if_match: str | None) -> int | None:
    """A revisão de que um ``If-Match`` fala; ausente se é ``*``, que aceita qualquer uma.

    Raises:
        Problema: 428 sem o cabeçalho, 412 se não é um ETag daqui.
    """
    if if_match is None:
        raise Problema(428, "Falta o cabeçalho If-Match com o ETag do que se leu.")
    if if_match.strip() == "*":
        return None
    lida = _ETIQUETA.fullmatch(if_match.strip())
    if lida is None:
        raise Problema(412, "O If-Match não é o ETag disto; leia de novo.")
    return int(lida[1])


def visto_se_dito(if_match: str | None) -> int | None:
    """Como ``visto``, onde o cabeçalho pode faltar.

    Raises:
        Problema: 412 se não é um ETag daqui.
    """
    return None if if_match is None else visto(if_match)


IfMatch = Annotated[str | None, Header(description="O ETag do que se leu, ou `*`.")]
Chave = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=_MAIOR_CHAVE,
        description="De quem chama; o mesmo pedido com ela não se faz duas vezes.",
    ),
]
