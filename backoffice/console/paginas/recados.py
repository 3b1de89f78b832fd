"""Os recados dos prestadores, para quem trabalha na operadora: os por ler, e os de cada lote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console import anexos_de_recados, troca_de_recados
from backoffice.console.area import Area
from backoffice.console.paginas.lotes import area as dos_lotes
from backoffice.console.papeis import ANALISE, CONTEUDO, LEITURA
from persistence import recados

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("recados")
area.no_menu("Recados", "/recados", ordem=18, atalho="o")

_MOSTRADOS = 200
_UM = "/lotes/{numero}/recados"

dos_lotes.pagina(_UM, para=LEITURA, pacientes=True)(troca_de_recados.conversa)
dos_lotes.formulario(_UM, para=ANALISE, arquivos=True)(troca_de_recados.escrever)
dos_lotes.pagina(f"{_UM}/anexos/{{anexo}}", para=CONTEUDO, pacientes=True)(anexos_de_recados.baixar)
dos_lotes.formulario(f"{_UM}/lidos", para=ANALISE)(troca_de_recados.dar_por_lidos)


@area.pagina("/recados", para=LEITURA)
def por_ler(v: Visita) -> Response:
    """Os lotes com recados que ninguém na operadora leu, do que espera há mais tempo."""
    with v.leitura() as conn:
        esperam = recados.por_ler(conn, v.operadora.id, recados.PRESTADOR, limite=_MOSTRADOS)
    return v.mostrar("recados/por_ler.html", esperam=esperam, mostrados=_MOSTRADOS)
