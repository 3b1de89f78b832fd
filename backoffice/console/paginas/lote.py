"""Um lote, para quem trabalha na operadora: as suas partes, e mudar a situação."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from backoffice.console import um_lote
from backoffice.console.erros import PaginaDeErro
from backoffice.console.paginas.lotes import area
from backoffice.console.papeis import ANALISE, CONTEUDO, LEITURA, Papel
from dominio.situacao import StatusProtocolo
from handlers import situacao

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

MAIOR_MOTIVO = 500

area.pagina("/lotes/{numero}", para=LEITURA, pacientes=True)(um_lote.guias)
area.pagina("/lotes/{numero}/guias/{posicao}", para=LEITURA, pacientes=True)(um_lote.guia)
area.pagina("/lotes/{numero}/criticas", para=LEITURA)(um_lote.criticas)
area.pagina("/lotes/{numero}/historico", para=LEITURA)(um_lote.historico)
area.pagina("/lotes/{numero}/documentos", para=LEITURA, pacientes=True)(um_lote.lista_de_documentos)
area.pagina("/lotes/{numero}/documentos/{documento}", para=CONTEUDO, pacientes=True)(
    um_lote.documento
)
for _qual in ("capa", "relatorio"):
    area.pagina(f"/lotes/{{numero}}/{_qual}", para=LEITURA, pacientes=True)(
        partial(um_lote.impresso, qual=_qual)
    )


@area.formulario("/lotes/{numero}/situacao", para=ANALISE)
def mudar_situacao(v: Visita) -> Response:
    """Passa o lote a outra situação, das que não mudam valores."""
    numero = v.numero("numero", "lote")
    campos = v.formulario
    validas = {str(int(s)): s for s in StatusProtocolo}
    para, motivo = validas.get(campos.texto("para")), campos.texto("motivo")
    if para is None:
        raise PaginaDeErro(422, "Escolha a situação nova.")
    if not 0 < len(motivo) <= MAIOR_MOTIVO or not motivo.isprintable():
        raise PaginaDeErro(422, f"Diga o motivo, em até {MAIOR_MOTIVO} caracteres.")
    pedido = situacao.Pedido(
        operadora_id=v.operadora.id,
        numero=numero,
        para=para,
        motivo=motivo,
        visto=campos.visto("visto"),
    )
    with v.escrita() as conn:
        mudada = situacao.mudar(conn, pedido, v.autor)
        v.auditar("mudar-situacao", "protocolo", str(numero), conn=conn, para=int(para))
    volta = f"/lotes/{numero}" if v.pode(Papel.LEITURA) else "/inicio"
    return v.ir(volta, f"Situação: {mudada.status.texto}.")
