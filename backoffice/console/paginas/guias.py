"""Pesquisa de guias, e guias em branco, para quem trabalha na operadora."""

from __future__ import annotations

from backoffice.console.area import Area
from backoffice.console.guias_em_branco import imprimir
from backoffice.console.papeis import LEITURA
from backoffice.console.pesquisa_de_guias import pesquisar

area = Area("guias")
area.no_menu("Guias", "/guias", ordem=12, atalho="u")

area.pagina("/guias", para=LEITURA, pacientes=True)(pesquisar)
area.pagina("/guias/em-branco", para=LEITURA)(imprimir)
