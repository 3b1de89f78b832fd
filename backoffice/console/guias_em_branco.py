"""As guias em branco que se imprimem para preencher à mão, dos dois lados."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console import folhas
from backoffice.console.erros import nao_ha
from backoffice.console.papeis import Papel
from backoffice.impressos import em_branco
from backoffice.impressos.em_branco import Contratado
from dominio.competencia import dia
from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita


def imprimir(v: Visita) -> Response:
    """Uma guia em branco do tipo pedido, em PDF; sem tipo, uma de cada."""
    dito = v.consulta.texto("tipo")
    tipos = tuple(t for t in TipoGuia if dito in ("", t.value))
    if not tipos:
        raise nao_ha("tipo de guia")
    de = None
    if v.pode(Papel.PRESTADOR):
        de = Contratado(v.prestador.codigo, v.prestador.nome, v.prestador.cnes or "")
    return folhas.em_pdf(v, em_branco.montar(v.operadora, tipos, dia(v.agora), de))
