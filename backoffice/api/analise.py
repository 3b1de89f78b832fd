"""``/api/v1/protocolos/{numero}/analise``: registrar resultados, finalizar, reabrir."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import campos, formas
from backoffice.api.autorizacao import ComAnalise, ComLeitura
from backoffice.api.base import da
from backoffice.api.campos import Motivo, Pedido, Posicao, Texto
from backoffice.api.etiquetas import Chave, IfMatch, etiqueta, visto, visto_se_dito
from backoffice.api.formas import Forma, Instante, Quantidade, Reais, Situacao, Valores
from backoffice.api.operacoes import autor, fazer
from backoffice.api.problemas import nao_ha
from backoffice.api.protocolos import ler_numero
from dominio.analise import Glosa
from handlers import analise as casos
from handlers.analise.automatica import analisar
from persistence import analises, apontamentos, glosas, protocolos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from dominio.analise import GuiaAnalisada
    from handlers.analise import AnaliseAtual
    from persistence.analises import Analise
    from persistence.apontamentos import Apontamento
    from persistence.protocolos import GuiaGuardada, Protocolo

rotas = APIRouter(tags=["análise"])

_MAIS_ITENS = 10_000


class GlosaDita(Pedido):
    """Uma glosa."""

    codigo: Texto
    valor: campos.Reais = Decimal("0.00")
    texto: str | None = None


class ItemDito(Pedido):
    """O resultado de um item, ou da parte de um grau de participação dele."""

    item: Posicao | None = Field(None, description="Posição na guia; ou então `sequencialItem`.")
    sequencial_item: Annotated[int, Field(ge=0, le=campos.MAIOR_POSICAO)] | None = None
    despesa: bool = Field(False, description="Se o sequencial é de `outrasDespesas`.")
    grau_participacao: str = Field("", description="Vazio é o item inteiro.")
    valor_informado: campos.Reais | None = Field(None, description="Só com grau de participação.")
    valor_processado: campos.Reais
    valor_liberado: campos.Reais
    valor_glosa: campos.Reais | None = Field(None, description="Sem ele, a soma das glosas.")
    qtd_executada: campos.Reais | None = None
    qtd_paga: campos.Reais | None = None
    glosas: list[GlosaDita] = Field([], max_length=100)


class GuiaDita(Pedido):
    """O resultado de uma guia; toma o lugar do que ela tinha."""

    guia: Posicao | None = Field(None, description="Posição no lote; ou então um dos números.")
    numero_guia_operadora: Texto | None = None
    numero_guia_prestador: Texto | None = None
    itens: list[ItemDito] = Field([], max_length=_MAIS_ITENS)
    glosas: list[GlosaDita] = Field([], max_length=100)
    valor_processado: campos.Reais | None = Field(None, description="Sem ele, a soma dos itens.")
    valor_liberado: campos.Reais | None = None
    valor_glosa: campos.Reais | None = None
    observacao: str | None = None


class ResultadosDitos(Pedido):
    """Resultados de um lote, inteiros ou em partes."""

    guias: list[GuiaDita] = Field([], max_length=1000)
    glosas: list[GlosaDita] | None = Field(
        None, max_length=100, description="Do protocolo; sem o campo, ficam as que há."
    )
    observacao: str | None = None


class Finalizacao(Pedido):
    """Como finalizar."""

    completar: bool = Field(False, description="Libera como informado o que não tem resultado.")


class Reabertura(Pedido):
    """Por que se reabre."""

    motivo: Motivo


class Automatica(Pedido):
    """O que fazer depois da análise automática."""

    finalizar: bool = Field(False, description="Finaliza, se nada ficou para uma pessoa.")


class AndamentoDaAnalise(Forma):
    """Em que pé a análise ficou; o ETag é a revisão."""

    numero_protocolo: str
    situacao: Situacao
    estado: str
    rodada: int
    revisao: int
    valores: Valores
    repetido: bool


class ApontamentoFeito(Forma):
    """O que a análise automática achou e não decidiu."""

    guia: int
    item: int | None
    regra: str
    acao: str
    codigo: str
    texto: str


class AutomaticaFeita(Forma):
    """O que a análise automática fez."""

    analise: AndamentoDaAnalise
    guias_com_resultado: int
    apontamentos: list[ApontamentoFeito]


class GlosaFeita(Forma):
    """Uma glosa registrada."""

    codigo: str
    valor: Reais
    texto: str | None


class ItemAnalisado(Forma):
    """O resultado de um item, ou de um grau de participação dele."""

    item: int
    grau_participacao: str
    qtd_executada: Quantidade
    qtd_paga: Quantidade
    valores: Valores
    glosas: list[GlosaFeita]


class GuiaAnalisadaNaApi(Forma):
    """O resultado de uma guia; um valor ausente é a soma dos itens e das glosas."""

    guia: int
    numero_guia_prestador: str
    valor_processado: Reais | None
    valor_liberado: Reais | None
    valor_glosa: Reais | None
    observacao: str | None
    itens: list[ItemAnalisado]
    glosas: list[GlosaFeita]


class AnaliseInteira(AndamentoDaAnalise):
    """A análise com os resultados guardados, que o prestador só vê depois de finalizada."""

    politica: str | None
    observacao: str | None
    aberta_em: Instante
    aberta_por: str
    finalizada_em: Instante | None
    finalizada_por: str | None
    guias: list[GuiaAnalisadaNaApi]
    glosas: list[GlosaFeita]
    apontamentos: list[ApontamentoFeito]


class _Lida(NamedTuple):
    protocolo: Protocolo
    analise: Analise
    resultados: tuple[GuiaAnalisada, ...]
    guias: tuple[GuiaGuardada, ...]
    glosas: list[Glosa]
    apontamentos: tuple[Apontamento, ...]


@rotas.get(
    "/protocolos/{numero}/analise", response_model=AnaliseInteira, summary="Análise de um lote"
)
async def ler(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """A análise em curso ou finalizada de um lote, com os resultados guardados."""
    chave = ler_numero(numero)
    lida = await da(pedido).ler(lambda conn: _ler(conn, quem, chave))
    if lida is None:
        raise nao_ha("análise de protocolo")
    prestador = {guia.posicao: guia.numero_prestador for guia in lida.guias}
    analise = lida.analise
    pronta = AnaliseInteira(
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
        guias=[_guia(guia, prestador[guia.posicao]) for guia in lida.resultados],
        glosas=_glosas(lida.glosas),
        apontamentos=[_apontamento(a) for a in lida.apontamentos],
    )
    return formas.resposta(pronta, {"ETag": etiqueta(analise.revisao)})


@rotas.post(
    "/protocolos/{numero}/analise",
    response_model=AndamentoDaAnalise,
    summary="Registrar resultados",
)
async def registrar(
    pedido: Request,
    numero: str,
    quem: ComAnalise,
    *,
    corpo: ResultadosDitos,
    chave: Chave,
    if_match: IfMatch = None,
) -> Response:
    """Guarda resultados de um lote, inteiros ou em partes; o prestador nada vê até se finalizar.

    Cada guia citada é trocada inteira. Com `If-Match`, só se grava sobre a revisão lida.
    """
    feito = casos.PedidoDeRegistro(
        ler_numero(numero),
        chave,
        resultados(corpo.guias),
        None if corpo.glosas is None else glosas_ditas(corpo.glosas),
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
    response_model=AutomaticaFeita,
    summary="Análise automática",
)
async def automatica(pedido: Request, numero: str, quem: ComAnalise, corpo: Automatica) -> Response:
    """Dá resultado, pelos preços e regras da operadora, às guias que ainda não o têm."""
    chave = ler_numero(numero)
    feita = await fazer(
        pedido,
        quem,
        lambda conn: analisar(
            conn, quem.operadora.id, chave, autor(pedido, quem), finaliza=corpo.finalizar
        ),
    )
    pronta = AutomaticaFeita(
        analise=_andamento(quem, feita.analise),
        guias_com_resultado=feita.guias,
        apontamentos=[_apontamento(a) for a in feita.apontamentos],
    )
    return formas.resposta(pronta, {"ETag": etiqueta(feita.analise.revisao)})


@rotas.post(
    "/protocolos/{numero}/analise/finalizacao",
    response_model=AndamentoDaAnalise,
    summary="Finalizar a análise",
)
async def finalizar(
    pedido: Request, numero: str, quem: ComAnalise, corpo: Finalizacao, if_match: IfMatch = None
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
    response_model=AndamentoDaAnalise,
    summary="Reabrir a análise",
)
async def reabrir(
    pedido: Request, numero: str, quem: ComAnalise, corpo: Reabertura, if_match: IfMatch = None
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
        analises.resultados(conn, protocolo.id, protocolo.lote_id),
        protocolos.guias(conn, protocolo.lote_id),
        [g.glosa for g in glosas.do_protocolo(conn, protocolo.id) if g.guia_posicao is None],
        apontamentos.do_protocolo(conn, protocolo.id),
    )


def resultados(guias: list[GuiaDita]) -> tuple[casos.ResultadoDeGuia, ...]:
    """Os resultados de um pedido."""
    return tuple(_resultado(guia) for guia in guias)


def glosas_ditas(ditas: list[GlosaDita]) -> tuple[Glosa, ...]:
    """As glosas de um pedido."""
    return tuple(Glosa(g.codigo, g.valor, g.texto) for g in ditas)


def _resultado(guia: GuiaDita) -> casos.ResultadoDeGuia:
    return casos.ResultadoDeGuia(
        casos.QualGuia(guia.guia, guia.numero_guia_operadora, guia.numero_guia_prestador),
        tuple(
            casos.ResultadoDeItem(
                item.valor_processado,
                item.valor_liberado,
                item.item,
                item.sequencial_item,
                item.despesa,
                glosas_ditas(item.glosas),
                item.valor_glosa,
                item.grau_participacao,
                item.valor_informado,
                item.qtd_executada,
                item.qtd_paga,
            )
            for item in guia.itens
        ),
        glosas_ditas(guia.glosas),
        guia.valor_processado,
        guia.valor_liberado,
        guia.valor_glosa,
        guia.observacao,
    )


def _andamento(quem: Quem, atual: AnaliseAtual) -> AndamentoDaAnalise:
    return AndamentoDaAnalise(
        numero_protocolo=rotulos.numero(atual.protocolo, quem.operadora.largura_protocolo),
        situacao=formas.situacao(atual.status),
        estado=atual.estado,
        rodada=atual.rodada,
        revisao=atual.revisao,
        valores=formas.valores(atual.valores),
        repetido=atual.repetido,
    )


def _resposta(quem: Quem, atual: AnaliseAtual) -> Response:
    return formas.resposta(_andamento(quem, atual), {"ETag": etiqueta(atual.revisao)})


def _apontamento(a: Apontamento) -> ApontamentoFeito:
    return ApontamentoFeito(
        guia=a.guia_posicao,
        item=a.item_posicao,
        regra=a.regra,
        acao=a.acao,
        codigo=a.codigo,
        texto=a.texto,
    )


def _glosas(registradas: list[Glosa]) -> list[GlosaFeita]:
    return [GlosaFeita(**g._asdict()) for g in registradas]


def _guia(guia: GuiaAnalisada, numero_prestador: str) -> GuiaAnalisadaNaApi:
    return GuiaAnalisadaNaApi(
        guia=guia.posicao,
        numero_guia_prestador=numero_prestador,
        valor_processado=guia.processado,
        valor_liberado=guia.liberado,
        valor_glosa=guia.glosa,
        observacao=guia.observacao,
        itens=[
            ItemAnalisado(
                item=item.posicao,
                grau_participacao=item.grau,
                qtd_executada=item.quantidade,
                qtd_paga=item.quantidade_paga,
                valores=formas.valores(item.valores),
                glosas=_glosas(list(item.glosas)),
            )
            for item in guia.itens
        ],
        glosas=_glosas(list(guia.glosas)),
    )
