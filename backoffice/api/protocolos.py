"""``/api/v1/protocolos``: a lista, pela ordem das mudanças, e a mudança de situação."""

from __future__ import annotations

import calendar
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.acoes_do_lote import FATURADOS, AcaoDoLote, acoes, em_que_se_recorre
from backoffice.api.autorizacao import ComAnalise, ComLeitura
from backoffice.api.base import da
from backoffice.api.campos import Competencia, Dia, Motivo, Numero, Pedido, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.etiquetas import etiqueta, visto
from backoffice.api.formas import Forma, Instante, Prestador, Situacao, Valores
from backoffice.api.operacoes import autor, fazer
from dominio.competencia import competencia, dia
from dominio.impedimento import Impedimento
from dominio.impedimentos import (
    PASSAGEM_DA_ANALISE,
    PASSAGEM_DA_LIBERACAO,
    PASSAGEM_DA_REABERTURA,
    PASSAGEM_DA_RETIRADA,
    PASSAGEM_DO_ESTORNO,
    PASSAGEM_DO_PAGAMENTO,
)
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from handlers import situacao
from persistence.alteracoes import INICIO
from persistence.consultas import protocolos as consultas

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.consultas.protocolos import Linha

rotas = APIRouter(tags=["protocolos"])

ROTAS_DAS_PASSAGENS = {
    PASSAGEM_DA_ANALISE: "POST /api/v1/protocolos/{numero}/analise/finalizacao",
    PASSAGEM_DA_REABERTURA: "POST /api/v1/protocolos/{numero}/analise/reabertura",
    PASSAGEM_DA_LIBERACAO: "POST /api/v1/protocolos/{numero}/liberacao",
    PASSAGEM_DA_RETIRADA: "POST /api/v1/protocolos/{numero}/liberacao/retirada",
    PASSAGEM_DO_PAGAMENTO: "POST /api/v1/pagamentos/{pagamento}/confirmacao",
    PASSAGEM_DO_ESTORNO: "POST /api/v1/pagamentos/{pagamento}/estorno",
}
"""Onde se faz cada passagem que a situação recusa."""


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista de protocolos."""

    prestador: Texto | None = Field(None, description="Código na operadora.")
    numero: list[Numero] = Field(
        [],
        max_length=100,
        description="Do protocolo, com ou sem zeros à esquerda; repita o campo para vários.",
    )
    lote: Texto | None = Field(None, description="Número do lote como o prestador o deu.")
    tipo_guia: TipoGuia | None = None
    status: list[Annotated[int, Field(ge=1, le=10)]] = Field(
        [], max_length=10, description="`dm_statusProtocolo`; repita o campo para mais de um."
    )
    competencia: Competencia | None = Field(None, description="Mês em que o lote chegou.")
    recebido_de: Dia | None = None
    recebido_ate: Dia | None = None
    origem: Literal["soap", "upload"] | None = None
    homologacao: bool = Field(False, description="Os de homologação, em lugar dos reais.")
    largura: Annotated[int, Field(ge=0, le=12)] | None = Field(
        None, description="Algarismos do número do protocolo; sem ela, a da operadora."
    )


class ProtocoloNaLista(Forma):
    """Um protocolo na lista."""

    sequencial: str | None
    numero_protocolo: str
    numero_lote_prestador: str | None
    data_protocolo: date
    recebido_em: Instante
    data_envio: date
    competencia: str
    prestador: Prestador
    tipo: str
    tipo_guia: str | None
    tipo_guia_texto: str | None
    qtd_guias: int | None
    qtd_criticas: int
    situacao: Situacao
    valores: Valores
    versao: str
    canal: str
    canal_texto: str
    homologacao: bool
    revisao: str
    situacao_lote: str | None
    faturado: bool
    acoes: list[AcaoDoLote]


class Protocolos(Forma):
    """Uma página; ``proximo`` vale também depois da última, para o que vier."""

    protocolos: list[ProtocoloNaLista]
    proximo: str
    ha_mais: bool


class NovaSituacao(Pedido):
    """A situação a que passar, e por quê."""

    para: Annotated[int, Field(ge=1, le=10)]
    motivo: Motivo


class SituacaoMudada(Forma):
    """A situação que ficou."""

    numero_protocolo: str
    situacao: Situacao
    revisao: str


@rotas.get("/protocolos", response_model=Protocolos, summary="Protocolos")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Protocolos pela ordem em que mudaram, do que mudou há mais tempo ao mais novo.

    Com o `proximo` de cada página não se perde nem se repete nenhuma mudança, ainda que outras
    entrem enquanto se lê; um protocolo que muda de novo volta a aparecer, com o seu novo estado.
    """
    listas.conferir_operadora(quem, campos.operadora)
    desde = INICIO if campos.cursor is None else cursores.posicao(campos.cursor)
    limite = listas.quantas(pedido, campos)
    try:
        pagina, recursaveis = await da(pedido).listar(
            lambda conn: (
                consultas.listar(
                    conn, quem.operadora.id, _filtro(campos), depois_de=desde, limite=limite
                ),
                em_que_se_recorre(conn, quem.operadora.id, None),
            )
        )
    except consultas.CursorAlheio:
        raise cursores.ilegivel() from None
    largura = quem.operadora.largura_protocolo if campos.largura is None else campos.largura
    proximo = cursores.de_posicao(pagina.posicao)
    ligacao = listas.ligacao(pedido, proximo, ha_mais=pagina.ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (_na_planilha(linha, largura) for linha in pagina.linhas)
        return planilhas.resposta("protocolos", _TITULOS, linhas, ligacao)
    mostrados = [na_lista(linha, largura, recursaveis) for linha in pagina.linhas]
    pronta = Protocolos(protocolos=mostrados, proximo=proximo, ha_mais=pagina.ha_mais)
    return formas.resposta(pronta, ligacao)


@rotas.post(
    "/protocolos/{numero}/situacao", response_model=SituacaoMudada, summary="Mudar a situação"
)
async def mudar_situacao(
    pedido: Request, numero: str, quem: ComAnalise, corpo: NovaSituacao
) -> Response:
    """Passa um protocolo a outra situação, pelo ciclo de vida.

    Só as passagens que não mudam valores: as da análise, da liberação e do pagamento fazem-se nos
    endereços deles, que a recusa nomeia. De um bloqueio judicial volta-se à situação de antes.
    Exige `If-Match` com o ETag do protocolo lido: quem decide diz sobre que estado decidiu.
    """
    chave = ler_numero(numero)
    pedida = situacao.Pedido(
        operadora_id=quem.operadora.id,
        numero=chave,
        para=StatusProtocolo(corpo.para),
        motivo=corpo.motivo,
        visto=visto(pedido.headers.get("if-match")),
    )
    mudada = await fazer(pedido, quem, lambda conn: _mudar(conn, pedida, autor(pedido, quem)))
    largura = quem.operadora.largura_protocolo
    return formas.resposta(
        SituacaoMudada(
            numero_protocolo=rotulos.numero(chave, largura),
            situacao=formas.situacao(mudada.status),
            revisao=str(mudada.alteracao),
        ),
        {"ETag": etiqueta(mudada.alteracao)},
    )


def na_lista(
    linha: Linha, largura: int, recursaveis: frozenset[StatusProtocolo]
) -> ProtocoloNaLista:
    """A forma de um protocolo.

    Args:
        linha: o protocolo.
        largura: algarismos do seu número.
        recursaveis: situações em que a operadora aceita recursos.
    """
    recebido = dia(linha.recebido_em)
    return ProtocoloNaLista(
        sequencial=_sequencial(linha),
        numero_protocolo=rotulos.numero(linha.numero, largura),
        numero_lote_prestador=linha.lote_numero,
        data_protocolo=recebido,
        recebido_em=linha.recebido_em,
        data_envio=linha.data_envio,
        competencia=competencia(recebido),
        prestador=Prestador(codigo=linha.prestador_codigo, nome=linha.prestador_nome),
        tipo=linha.tipo,
        tipo_guia=linha.lote_tipo,
        tipo_guia_texto=rotulos.tipo_guia(linha.lote_tipo),
        qtd_guias=linha.quantidade_guias,
        qtd_criticas=linha.criticas,
        situacao=formas.situacao(linha.status),
        valores=formas.valores(linha),
        versao=linha.versao,
        canal=linha.canal,
        canal_texto=rotulos.canal(linha.canal),
        homologacao=linha.homologacao,
        revisao=str(linha.alteracao),
        situacao_lote=None if linha.lote_id is None else rotulos.LOTE_ENVIADO,
        faturado=linha.status in FATURADOS,
        acoes=acoes(linha, recursaveis),
    )


_TITULOS = (
    "Sequencial", "Protocolo", "Lote do prestador", "Data do protocolo", "Competência",
    "Código do prestador", "Prestador", "Tipo de guia", "Guias", "Críticas", "Código da situação",
    "Situação", "Situação do lote", "Valor informado", "Valor processado", "Valor glosado",
    "Valor liberado", "Canal", "Versão",
)  # fmt: skip


def _na_planilha(linha: Linha, largura: int) -> tuple[planilhas.Celula, ...]:
    return (
        _sequencial(linha), rotulos.numero(linha.numero, largura), linha.lote_numero,
        linha.recebido_em, competencia(dia(linha.recebido_em)), linha.prestador_codigo,
        linha.prestador_nome, rotulos.tipo_guia(linha.lote_tipo), linha.quantidade_guias,
        linha.criticas, int(linha.status), linha.status.texto,
        None if linha.lote_id is None else rotulos.LOTE_ENVIADO, linha.informado, linha.processado,
        linha.glosa, linha.liberado, rotulos.canal(linha.canal), linha.versao,
    )  # fmt: skip


def _sequencial(linha: Linha) -> str | None:
    # só o que nasceu no portal tem o número do portal
    if linha.lote_id is None or linha.canal not in rotulos.DO_PORTAL:
        return None
    return rotulos.numero(linha.lote_id, rotulos.SEQUENCIAL)


def _filtro(campos: Filtros) -> consultas.Filtro:
    de, ate = campos.recebido_de, campos.recebido_ate
    if campos.competencia is not None:
        ano, mes = int(campos.competencia[:4]), int(campos.competencia[4:])
        primeiro, ultimo = date(ano, mes, 1), date(ano, mes, calendar.monthrange(ano, mes)[1])
        de = primeiro if de is None else max(de, primeiro)
        ate = ultimo if ate is None else min(ate, ultimo)
    return consultas.Filtro(
        prestador=campos.prestador,
        numeros=tuple(campos.numero),
        lote=campos.lote,
        tipo_guia=campos.tipo_guia,
        status=tuple(StatusProtocolo(s) for s in campos.status),
        recebido_de=de,
        recebido_ate=ate,
        canal=campos.origem,
        homologacao=campos.homologacao,
    )


def _mudar(conn: Connection, pedida: situacao.Pedido, quem: Autor) -> situacao.Mudada:
    try:
        return situacao.mudar(conn, pedida, quem)
    except Impedimento as impedimento:
        rota = ROTAS_DAS_PASSAGENS.get(impedimento.motivo)
        if rota is None:
            raise
        detalhe = f"Use {rota}."
        raise Impedimento(impedimento.motivo, impedimento.lugar, detalhe) from None
