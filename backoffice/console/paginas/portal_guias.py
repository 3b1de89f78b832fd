"""Pesquisa de guias, para quem fala por um prestador: só as que ele enviou."""

from __future__ import annotations

from backoffice.console.area import Area
from backoffice.console.guias_em_branco import imprimir
from backoffice.console.papeis import PRESTADOR
from backoffice.console.pesquisa_de_guias import pesquisar

area = Area("portal_guias")
area.no_menu("Guias", "/portal/guias", ordem=25, atalho="u")

area.pagina("/portal/guias", para=PRESTADOR, pacientes=True)(pesquisar)
area.pagina("/portal/guias/em-branco", para=PRESTADOR)(imprimir)
