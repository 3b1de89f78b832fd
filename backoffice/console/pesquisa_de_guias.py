"""Pesquisa de guias, nas páginas dos dois lados: do portal, só as que o prestador enviou."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.console import um_lote
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import Papel
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence.consultas import guias

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

_SITUACOES = tuple(s for s in StatusProtocolo if s is not StatusProtocolo.NAO_LOCALIZADO)
_LUGAR = re.compile(r"([0-9]{1,18})-([0-9]{1,9})", re.ASCII)


def pesquisar(v: Visita) -> Response:
    """As guias do que se procura, da recebida por último à primeira, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    beneficiario = leitor.texto("beneficiario")
    e_carteira = beneficiario is not None and beneficiario.isdigit()
    situacao = leitor.situacoes("situacao")
    do_prestador = v.pode(Papel.PRESTADOR)
    filtro = guias.Filtro(
        prestador=None if do_prestador else leitor.texto("prestador"),
        tipo_guia=leitor.tipo_guia("tipo"),
        numero_prestador=leitor.texto("guia"),
        numero_operadora=leitor.texto("senha"),
        carteira=beneficiario if e_carteira else None,
        nome=None if e_carteira else beneficiario,
        status=situacao[0] if situacao else None,
        recebido_de=leitor.dia("de"),
        recebido_ate=leitor.dia("ate"),
    )
    visto = _LUGAR.fullmatch(v.consulta.texto("antes"))
    with v.leitura() as conn:
        achadas = guias.procurar(
            conn,
            v.operadora.id,
            filtro,
            prestador_id=v.prestador.id if do_prestador else None,
            antes_de=None if visto is None else guias.Lugar(int(visto[1]), int(visto[2])),
        )
    carteiras = {linha.carteira for linha in achadas.linhas}
    v.auditar("listar", "guias", "pesquisa", carteiras=carteiras, guias=len(achadas.linhas))
    return v.mostrar(
        "guias/pesquisa.html",
        achadas=achadas,
        contadas=guias.MAIS_CONTADAS,
        filtro=filtro,
        erros=leitor.erros,
        onde=v.rota.caminho,
        lotes=um_lote.DO_PRESTADOR if do_prestador else um_lote.DA_OPERADORA,
        do_prestador=do_prestador,
        tipos=[(str(t.value), rotulos.tipo_guia(t)) for t in TipoGuia],
        situacoes=[(int(s), s.texto) for s in _SITUACOES],
    )
