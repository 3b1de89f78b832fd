"""``/api/v1/protocolos/{numero}/analise``: registrar resultados, finalizar, reabrir."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import formas
from backoffice.api import formas_de_analise as f
from backoffice.api.autorizacao import ComAnalise, ComLeitura
from backoffice.api.base import da
from backoffice.api.chaves import ler_numero
from backoffice.api.etiquetas import Chave, IfMatch, etiqueta, visto, visto_se_dito
from backoffice.api.operacoes import autor, fazer
from backoffice.api.problemas import nao_ha
from handlers import analise as casos
from handlers.analise.automatica import analisar
from persistence import analises, apontamentos, glosas, protocolos, resultados

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from dominio.analise import Glosa, GuiaAnalisada
    from handlers.analise import AnaliseAtual
    from persistence.analises import Analise
    from persistence.apontamentos import Apontamento
    from persistence.protocolos import GuiaGuardada, Protocolo

rotas = APIRouter(tags=["análise"])


class _Lida(NamedTuple):
    protocolo: Protocolo
    analise: Analise
    resultados: tuple[GuiaAnalisada, ...]
    guias: tuple[GuiaGuardada, ...]
    glosas: list[Glosa]
    apontamentos: tuple[Apontamento, ...]


@rotas.get(
    "/protocolos/{numero}/analise", response_model=f.AnaliseInteira, summary="Análise de um lote"
)
async def ler(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """A análise em curso ou finalizada de um lote, com os resultados guardados."""
    chave = ler_numero(numero)
    lida = await da(pedido).ler(lambda conn: _ler(conn, quem, chave))
    if lida is None:
        raise nao_ha("análise de protocolo")
    prestador = {guia.posicao: guia.numero_prestador for guia in lida.guias}
    analise = lida.analise
    pronta = f.AnaliseInteira(
        numero_protocolo=rotulos.numero(chave, quem.operadora.largura_protocolo),
        situacao=formas.situacao(lida.protocolo.status),
        estado=analise.estado,
        rodada=analise.rodada,
        revisao=analise.revisao,
        valores=formas.valores(lida.protocolo),
        repetido=False,
        politica=analise.politica,
        observacao=analise.observacao,
        aberta_em=analise.aberta_em,
        aberta_por=analise.aberta_por,
        finalizada_em=analise.finalizada_em,
        finalizada_por=analise.finalizada_por,
        guias=[f.guia(guia, prestador[guia.posicao]) for guia in lida.resultados],
        glosas=f.glosas(lida.glosas),
        apontamentos=[f.apontamento(a) for a in lida.apontamentos],
    )
    return formas.resposta(pronta, {"ETag": etiqueta(analise.revisao)})


@rotas.post(
    "/protocolos/{numero}/analise",
    response_model=f.AndamentoDaAnalise,
    summary="Registrar resultados",
)
async def registrar(
    pedido: Request,
    numero: str,
    quem: ComAnalise,
    *,
    corpo: f.ResultadosDitos,
    chave: Chave,
    if_match: IfMatch = None,
) -> Response:
    """Guarda resultados de um lote, inteiros ou em partes; o prestador nada vê até se finalizar.

    Cada guia citada é trocada inteira. Com `If-Match`, só se grava sobre a revisão lida.
    """
    feito = casos.PedidoDeRegistro(
        ler_numero(numero),
        chave,
        f.resultados(corpo.guias),
        None if corpo.glosas is None else f.glosas_ditas(corpo.glosas),
        corpo.observacao,
        visto_se_dito(if_match),
    )
    atual = await fazer(
        pedido,
        quem,
        lambda conn: casos.registrar(conn, quem.operadora.id, feito, autor(pedido, quem)),
    )
    return _resposta(quem, atual)


@rotas.post(
    "/protocolos/{numero}/analise/automatica",
    response_model=f.AutomaticaFeita,
    summary="Análise automática",
)
async def automatica(
    pedido: Request, numero: str, quem: ComAnalise, corpo: f.Automatica
) -> Response:
    """Dá resultado, pelos preços e regras da operadora, às guias que ainda não o têm."""
    chave = ler_numero(numero)
    feita = await fazer(
        pedido,
        quem,
        lambda conn: analisar(
            conn, quem.operadora.id, chave, autor(pedido, quem), finaliza=corpo.finalizar
        ),
    )
    pronta = f.AutomaticaFeita(
        analise=f.andamento(quem, feita.analise),
        guias_com_resultado=feita.guias,
        apontamentos=[f.apontamento(a) for a in feita.apontamentos],
    )
    return formas.resposta(pronta, {"ETag": etiqueta(feita.analise.revisao)})


@rotas.post(
    "/protocolos/{numero}/analise/descarte",
    response_model=f.AndamentoDaAnalise,
    summary="Desfazer o que se registrou",
)
async def descartar(
    pedido: Request, numero: str, quem: ComAnalise, corpo: f.Descarte, if_match: IfMatch = None
) -> Response:
    """Tira os resultados de uma guia, ou todos, até se finalizar; exige `If-Match` com o ETag."""
    feito = casos.PedidoDeDescarte(ler_numero(numero), corpo.guia, visto(if_match))
    atual = await fazer(pedido, quem, lambda conn: casos.descartar(conn, quem.operadora.id, feito))
    return _resposta(quem, atual)


@rotas.post(
    "/protocolos/{numero}/analise/finalizacao",
    response_model=f.AndamentoDaAnalise,
    summary="Finalizar a análise",
)
async def finalizar(
    pedido: Request, numero: str, quem: ComAnalise, corpo: f.Finalizacao, if_match: IfMatch = None
) -> Response:
    """Confere a conta inteira e mostra-a ao prestador; exige `If-Match` com o ETag da análise."""
    feito = casos.PedidoDeFinalizacao(ler_numero(numero), corpo.completar, visto(if_match))
    atual = await fazer(
        pedido,
        quem,
        lambda conn: casos.finalizar(conn, quem.operadora.id, feito, autor(pedido, quem)),
    )
    return _resposta(quem, atual)


@rotas.post(
    "/protocolos/{numero}/analise/reabertura",
    response_model=f.AndamentoDaAnalise,
    summary="Reabrir a análise",
)
async def reabrir(
    pedido: Request, numero: str, quem: ComAnalise, corpo: f.Reabertura, if_match: IfMatch = None
) -> Response:
    """Volta a analisar um lote analisado ou encerrado; exige `If-Match` com o ETag da análise."""
    chave, revisao = ler_numero(numero), visto(if_match)
    atual = await fazer(
        pedido,
        quem,
        lambda conn: casos.reabrir(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            motivo=corpo.motivo,
            revisao=revisao,
        ),
    )
    return _resposta(quem, atual)


def _ler(conn: Connection, quem: Quem, numero: int) -> _Lida | None:
    protocolo = protocolos.por_numero(conn, quem.operadora.id, numero)
    if protocolo is None or protocolo.lote_id is None:
        return None
    analise = analises.viva(conn, protocolo.id)
    if analise is None:
        return None
    return _Lida(
        protocolo,
        analise,
        resultados.ler(conn, protocolo.id, protocolo.lote_id),
        protocolos.guias(conn, protocolo.lote_id),
        [g.glosa for g in glosas.do_protocolo(conn, protocolo.id) if g.guia_posicao is None],
        apontamentos.do_protocolo(conn, protocolo.id),
    )


def _resposta(quem: Quem, atual: AnaliseAtual) -> Response:
    return formas.resposta(f.andamento(quem, atual), {"ETag": etiqueta(atual.revisao)})
