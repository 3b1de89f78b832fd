"""Como o gateway está: configuração em vigor, trabalhos, selos e versões."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tiss_xsd
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from persistence import selos, trabalhos

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita


@area.pagina("/configuracao", para=ADMIN)
def em_vigor(v: Visita) -> Response:
    """A configuração em vigor, sem segredos; muda-se no arquivo ou no ambiente."""
    return v.mostrar("configuracao/em_vigor.html", secoes=v.casa.configuracao)


@area.pagina("/configuracao/trabalhos", para=ADMIN)
def dos_trabalhos(v: Visita) -> Response:
    """A última execução de cada trabalho de fundo, e o último selo do arquivo."""
    with v.leitura() as conn:
        feitos = trabalhos.ultimas(conn)
        selo = selos.ultimo(conn)
    return v.mostrar("configuracao/trabalhos.html", trabalhos=feitos, selo=selo)


@area.pagina("/configuracao/versoes", para=ADMIN)
def das_versoes(v: Visita) -> Response:
    """As versões do padrão instaladas, com a procedência de cada arquivo."""
    return v.mostrar(
        "configuracao/versoes.html",
        versoes=[(versao, tiss_xsd.procedencia(versao)) for versao in tiss_xsd.versoes()],
        recusadas=v.operadora.versoes_recusadas,
    )
