"""Os lotes de uma operadora: a lista (Manutenção de lotes), e cada um."""

from __future__ import annotations

import calendar
from datetime import date
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.console.area import Area
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import LEITURA
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence.consultas.lista_de_protocolos import recentes
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("lotes")
area.no_menu("Lotes", "/lotes", ordem=10, atalho="l")

POR_PAGINA = 50
SITUACOES = tuple(s for s in StatusProtocolo if s is not StatusProtocolo.NAO_LOCALIZADO)
"""As que um protocolo pode ter."""


@area.pagina("/lotes", para=LEITURA)
def lista(v: Visita) -> Response:
    """A lista, do mais novo ao mais velho, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    filtro = _filtro(leitor)
    with v.leitura() as conn:
        pagina = recentes(
            conn,
            v.operadora.id,
            filtro,
            antes_de=leitor.numero("antes"),
            limite=POR_PAGINA,
            busca=leitor.texto("busca"),
        )
    return v.mostrar(
        "lotes/lista.html",
        pagina=pagina,
        filtro=filtro,
        erros=leitor.erros,
        competencia=leitor.competencia("competencia"),
        tipos=[(str(t.value), rotulos.tipo_guia(t)) for t in TipoGuia],
        situacoes=SITUACOES,
    )


def _filtro(leitor: Leitor) -> Filtro:
    de, ate = leitor.dia("de"), leitor.dia("ate")
    mes = leitor.competencia("competencia")
    if mes is not None:
        ano, numero = int(mes[:4]), int(mes[4:])
        primeiro = date(ano, numero, 1)
        ultimo = date(ano, numero, calendar.monthrange(ano, numero)[1])
        de = primeiro if de is None else max(de, primeiro)
        ate = ultimo if ate is None else min(ate, ultimo)
    return Filtro(
        prestador=leitor.texto("prestador"),
        numero=leitor.numero("numero"),
        lote=leitor.texto("lote"),
        tipo_guia=leitor.tipo_guia("tipo"),
        status=leitor.situacoes("situacao"),
        recebido_de=de,
        recebido_ate=ate,
        canal=leitor.um_de("origem", "soap", "upload"),
        homologacao=leitor.um_de("homologacao", "sim") is not None,
    )
