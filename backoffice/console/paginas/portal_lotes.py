"""Os lotes de um prestador, vistos por ele: a lista, cada um, e cancelar enquanto se pode."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from backoffice import rotulos
from backoffice.console import um_lote
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import PRESTADOR
from dominio.cancelamento import NaturezaGuia, StatusCancelamento
from dominio.lote import Identificacao, TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.transacoes import POR_SERVICO
from handlers.cancela_guia import (
    AlvoGuia,
    AlvoLote,
    CancelaGuia,
    PedidoDeCancelamento,
    cancelar,
)
from handlers.contexto import do_proprio_prestador
from persistence.consultas.lista_de_protocolos import recentes
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("portal_lotes")
area.no_menu("Lotes", um_lote.DO_PRESTADOR, ordem=20, atalho="l")

_UM = f"{um_lote.DO_PRESTADOR}/{{numero}}"
_CANCELAMENTO = POR_SERVICO[CancelaGuia.servico].tipo_pedido
SITUACOES = tuple(s for s in StatusProtocolo if s is not StatusProtocolo.NAO_LOCALIZADO)
"""As que um protocolo pode ter."""

area.pagina(_UM, para=PRESTADOR, pacientes=True)(um_lote.guias)
area.pagina(f"{_UM}/guias/{{posicao}}", para=PRESTADOR, pacientes=True)(um_lote.guia)
area.pagina(f"{_UM}/criticas", para=PRESTADOR)(um_lote.criticas)
area.pagina(f"{_UM}/historico", para=PRESTADOR)(um_lote.historico)
area.pagina(f"{_UM}/documentos", para=PRESTADOR, pacientes=True)(um_lote.lista_de_documentos)
area.pagina(f"{_UM}/documentos/{{documento}}", para=PRESTADOR, pacientes=True)(um_lote.documento)
for _qual in ("capa", "relatorio"):
    area.pagina(f"{_UM}/{_qual}", para=PRESTADOR, pacientes=True)(
        partial(um_lote.impresso, qual=_qual)
    )


@area.pagina(um_lote.DO_PRESTADOR, para=PRESTADOR)
def lista(v: Visita) -> Response:
    """A lista, do mais novo ao mais velho, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    filtro = Filtro(
        numero=leitor.numero("numero"),
        lote=leitor.texto("lote"),
        tipo_guia=leitor.tipo_guia("tipo"),
        status=leitor.situacoes("situacao"),
        recebido_de=leitor.dia("de"),
        recebido_ate=leitor.dia("ate"),
    )
    with v.leitura() as conn:
        pagina = recentes(
            conn, v.operadora.id, filtro, prestador_id=v.prestador.id,
            antes_de=leitor.numero("antes"),
        )  # fmt: skip
    return v.mostrar(
        "portal_lotes/lista.html",
        pagina=pagina,
        filtro=filtro,
        erros=leitor.erros,
        tipos=[(str(t.value), rotulos.tipo_guia(t)) for t in TipoGuia],
        situacoes=SITUACOES,
        sequencial=rotulos.SEQUENCIAL,
    )


@area.formulario(f"{_UM}/cancelar", para=PRESTADOR)
def cancelar_lote(v: Visita) -> Response:
    """Cancela o lote inteiro, como a transação ``cancelaGuia`` o faria."""
    numero = v.numero("numero", "lote")
    with v.leitura() as conn:
        lido = um_lote.ler(v, conn)
    alvo = AlvoLote(lido.linha.lote_numero or "", str(numero))
    _cancelar(v, numero, lote=alvo)
    return v.ir(f"{um_lote.DO_PRESTADOR}/{numero}", "Lote cancelado. O número dele está livre.")


@area.formulario(f"{_UM}/guias/{{posicao}}/cancelar", para=PRESTADOR)
def cancelar_guia(v: Visita) -> Response:
    """Cancela uma guia; o total do protocolo deixa de a somar."""
    numero = v.numero("numero", "lote")
    with v.leitura() as conn:
        guia = um_lote.ler_guia(v, conn)
    alvo = AlvoGuia(NaturezaGuia.FATURAMENTO, guia.numero_prestador, None, str(numero))
    _cancelar(v, numero, guias=(alvo,))
    return v.ir(f"{um_lote.DO_PRESTADOR}/{numero}", f"Guia {guia.numero_prestador} cancelada.")


def _cancelar(
    v: Visita, numero: int, *, lote: AlvoLote | None = None, guias: tuple[AlvoGuia, ...] = ()
) -> None:
    contexto = do_proprio_prestador(
        v.operadora, v.prestador, _CANCELAMENTO, canal="portal", agora=v.agora
    )
    quem = Identificacao("codigo", v.prestador.codigo)
    with v.escrita() as conn:
        recibo = cancelar(conn, contexto, PedidoDeCancelamento(quem, lote, guias))
        if any(d.status is not StatusCancelamento.CANCELADO for d in recibo.desfechos):
            raise PaginaDeErro(409, "Já não se pode cancelar: a operadora já o analisou ou pagou.")
        v.auditar("cancelar", "protocolo", str(numero), conn=conn, guias=len(guias))
