"""Como o gateway está: configuração em vigor, trabalhos, selos, versões e certificados."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tiss_xsd
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from persistence import acessos, confianca, selos, trabalhos

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from backoffice.console.visita import Visita

_DIAS_DE_AVISO = 30
_NOSSOS = {"resposta": "Assinatura das respostas", "tls": "TLS do servidor"}


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


@area.pagina("/configuracao/certificados", para=ADMIN)
def dos_certificados(v: Visita) -> Response:
    """Os certificados do gateway, os dos prestadores e as autoridades em que se confia."""
    with v.leitura() as conn:
        autoridades = confianca.certificados(conn, v.operadora.id)
        dos_prestadores = acessos.certificados_da_operadora(conn, v.operadora.id)

    def prazo(ate: datetime) -> str:
        if ate <= v.agora:
            return "Vencido"
        dias = (ate - v.agora).days
        return f"Vence em {dias} dias" if dias <= _DIAS_DE_AVISO else "Em vigor"

    return v.mostrar(
        "configuracao/certificados.html",
        nossos=[(_NOSSOS.get(qual, qual), ate) for qual, ate in v.casa.vencem.items()],
        dos_prestadores=dos_prestadores,
        autoridades=autoridades,
        prazo=prazo,
        politica=v.operadora.assinatura_politica,
    )
