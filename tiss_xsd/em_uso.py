"""Diz ao processo em que pasta estão os esquemas que o operador instalou."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from tiss_xsd import catalogo, compilado, pasta, servido

if TYPE_CHECKING:
    from pathlib import Path

_trava = Lock()


def usar_pasta(caminho: Path | None) -> None:
    """Lê o que está instalado numa pasta, que passa a valer por cima dos esquemas embutidos.

    Chama-se antes de atender: o que já se compilou é esquecido, mas uma mensagem em curso acaba com
    o esquema com que começou. O que se instalar depois só vale na próxima chamada.

    Args:
        caminho: a pasta, que pode ainda não existir; ``None`` volta aos embutidos.

    Raises:
        PastaInvalida: se a pasta existe e não pode ser usada.
    """
    instalados = {} if caminho is None else pasta.ler(caminho)
    with _trava:
        if catalogo.definir(instalados):
            compilado.esquecer()
            servido.esquecer()
