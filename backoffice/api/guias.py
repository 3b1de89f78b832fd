"""``/api/v1/guias`` e ``/api/v1/protocolos/{numero}/guias``: guias, em páginas."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, Quem, da
from backoffice.api.campos import Dia, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.formas import Forma, Situacao, Valores
from backoffice.api.problemas import nao_ha
from dominio.competencia import dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence.consultas import guias as consultas
from persistence.consultas import protocolos

if TYPE_CHECKING:
    from persistence.consultas.guias import Filtro, Linha, Pagina

rotas = APIRouter(tags=["guias"])

MAIS_GUIAS = 100
"""Guias que um lote pode ter (``ctm_guiaLote``)."""


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista de guias."""

    prestador: Texto | None = Field(None, description="Código na operadora de quem enviou.")
    tipo_guia: TipoGuia | None = None
    numero_guia_prestador: Texto | None = None
    status: Annotated[int, Field(ge=1, le=10)] | None = None
    recebido_de: Dia | None = None
    recebido_ate: Dia | None = None
    atendimento_de: Dia | None = None
    atendimento_ate: Dia | None = None
    homologacao: bool = Field(False, description="As de homologação, em lugar das reais.")


class Beneficiario(Forma):
    """De quem é a guia; o nome é o da guia ou, sem ele, o do cadastro."""

    carteira: str
    nome: str | None


class GuiaNaLista(Forma):
    """Uma guia na lista."""

    posicao: int
    numero_protocolo: str
    numero_lote_prestador: str
    tipo_guia: str
    tipo_guia_texto: str | None
    codigo_prestador: str
    data_digitacao: date
    data_atendimento: date | None
    beneficiario: Beneficiario
    numero_guia_prestador: str
    numero_guia_operadora: str | None
    senha: str | None
    situacao: Situacao
    valores: Valores


class Guias(Forma):
    """Uma página de guias."""

    guias: list[GuiaNaLista]
    proximo: str
    ha_mais: bool


class GuiasDoLote(Guias):
    """Uma página das guias de um lote, com quantas ele tem e quantas pode ter."""

    quantidade: int
    limite_por_lote: int
    aviso: str


@rotas.get("/guias", response_model=Guias, summary="Guias de todos os lotes")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Guias de todos os lotes, na ordem em que foram recebidas."""
    filtro = consultas.Filtro(
        prestador=campos.prestador,
        tipo_guia=campos.tipo_guia,
        numero_prestador=campos.numero_guia_prestador,
        status=None if campos.status is None else StatusProtocolo(campos.status),
        recebido_de=campos.recebido_de,
        recebido_ate=campos.recebido_ate,
        atendimento_de=campos.atendimento_de,
        atendimento_ate=campos.atendimento_ate,
        homologacao=campos.homologacao,
    )
    pagina = await _ler(pedido, quem, campos, filtro, "lista")
    ligacao = listas.ligacao(pedido, cursores.de_guia(pagina.lugar), ha_mais=pagina.ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        return _planilha(quem, pagina, ligacao)
    return formas.resposta(Guias(**_pagina(quem, pagina)), ligacao)


@rotas.get(
    "/protocolos/{numero}/guias", response_model=GuiasDoLote, summary="Guias de um protocolo"
)
async def do_lote(
    pedido: Request,
    numero: str,
    quem: ComLeitura,
    campos: Annotated[listas.PedidoDeLista, Query()],
) -> Response:
    """As guias de um protocolo de lote."""
    chave = ler_numero(numero)
    protocolo = await da(pedido).ler(lambda conn: protocolos.um(conn, quem.operadora.id, chave))
    if protocolo is None or protocolo.lote_id is None:
        raise nao_ha("lote")
    filtro = consultas.Filtro(lote_id=protocolo.lote_id)
    pagina = await _ler(pedido, quem, campos, filtro, str(chave))
    ligacao = listas.ligacao(pedido, cursores.de_guia(pagina.lugar), ha_mais=pagina.ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        return _planilha(quem, pagina, ligacao)
    tem = protocolo.quantidade_guias or 0
    return formas.resposta(
        GuiasDoLote(
            **_pagina(quem, pagina),
            quantidade=tem,
            limite_por_lote=MAIS_GUIAS,
            aviso=f"O lote tem {tem} {'guia' if tem == 1 else 'guias'}; "
            f"o limite é de {MAIS_GUIAS} guias por lote.",
        ),
        ligacao,
    )


async def _ler(
    pedido: Request, quem: Quem, campos: listas.PedidoDeLista, filtro: Filtro, alvo: str
) -> Pagina:
    listas.conferir_operadora(quem, campos.operadora)
    desde = consultas.COMECO if campos.cursor is None else cursores.guia(campos.cursor)
    limite = listas.quantas(pedido, campos)
    base = da(pedido)
    pagina = await base.listar(
        lambda conn: consultas.listar(
            conn, quem.operadora.id, filtro, depois_de=desde, limite=limite
        )
    )
    if pagina.linhas:
        acao = "exportar" if listas.quer_planilha(pedido, campos.formato) else "ler"
        carteiras = frozenset(linha.carteira for linha in pagina.linhas)
        detalhes = {"guias": len(pagina.linhas)}
        await base.auditar(quem, Acesso(acao, "guias", alvo, carteiras, detalhes))
    return pagina


def _pagina(quem: Quem, pagina: Pagina) -> dict[str, object]:
    largura = quem.operadora.largura_protocolo
    return {
        "guias": [_na_lista(linha, largura) for linha in pagina.linhas],
        "proximo": cursores.de_guia(pagina.lugar),
        "ha_mais": pagina.ha_mais,
    }


def _na_lista(linha: Linha, largura: int) -> GuiaNaLista:
    return GuiaNaLista(
        posicao=linha.posicao,
        numero_protocolo=rotulos.numero(linha.protocolo, largura),
        numero_lote_prestador=linha.lote_numero,
        tipo_guia=linha.tipo,
        tipo_guia_texto=rotulos.tipo_guia(linha.tipo),
        codigo_prestador=linha.prestador_codigo,
        data_digitacao=dia(linha.recebido_em),
        data_atendimento=_atendimento(linha),
        beneficiario=Beneficiario(carteira=linha.carteira, nome=linha.nome_beneficiario),
        numero_guia_prestador=linha.numero_prestador,
        numero_guia_operadora=linha.numero_operadora,
        senha=linha.senha,
        situacao=formas.situacao(linha.status),
        valores=formas.valores(linha),
    )


_TITULOS = (
    "Protocolo", "Lote do prestador", "Posição", "Tipo de guia", "Código do prestador",
    "Data de digitação", "Data de atendimento", "Carteira", "Beneficiário", "Guia no prestador",
    "Guia na operadora", "Senha", "Código da situação", "Situação", "Valor informado",
    "Valor processado", "Valor glosado", "Valor liberado",
)  # fmt: skip


def _planilha(quem: Quem, pagina: Pagina, ligacao: dict[str, str]) -> Response:
    largura = quem.operadora.largura_protocolo
    linhas = (_na_planilha(linha, largura) for linha in pagina.linhas)
    return planilhas.resposta("guias", _TITULOS, linhas, ligacao)


def _na_planilha(linha: Linha, largura: int) -> tuple[planilhas.Celula, ...]:
    return (
        rotulos.numero(linha.protocolo, largura), linha.lote_numero, linha.posicao,
        rotulos.tipo_guia(linha.tipo), linha.prestador_codigo, dia(linha.recebido_em),
        _atendimento(linha), linha.carteira, linha.nome_beneficiario, linha.numero_prestador,
        linha.numero_operadora, linha.senha, int(linha.status), linha.status.texto,
        linha.informado, linha.processado, linha.glosa, linha.liberado,
    )  # fmt: skip


def _atendimento(linha: Linha) -> date | None:
    return linha.data_inicio or linha.data_realizacao or linha.data_fim
