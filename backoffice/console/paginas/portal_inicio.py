"""O começo de quem fala por um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.area import Area
from backoffice.console.papeis import PRESTADOR

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("portal_inicio")
area.no_menu("Início", "/portal", ordem=0, atalho="i")


@area.pagina("/portal", para=PRESTADOR)
def inicio(v: Visita) -> Response:
    """Por quem se fala, e o que se pode fazer."""
    return v.mostrar("portal_inicio/inicio.html")
