"""``/api/v1/demonstrativos``: os que o prestador vê, em JSON, no XML do padrão, HTML e PDF."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Query
from lxml import etree
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import formas
from backoffice.api import formas_de_demonstrativos as f
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, Quem, da
from backoffice.api.campos import Competencia, Dia, Numero, Pedido, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.impressos import RESPOSTAS, em_folha, nome_de_arquivo, qual_formato
from backoffice.api.problemas import Problema, de_campo, nao_ha
from backoffice.demonstrativos import AindaNaoHa, emitir
from backoffice.impressos import demonstrativo as impresso
from dominio import erros
from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from handlers.demonstrativo import (
    DemonstrativoAnalise,
    DemonstrativoPagamento,
    PedidoDeAnalise,
    PedidoDePagamento,
    Tipo,
    mes,
)
from mensagem.recusa import RegraRecusada
from persistence import demonstrativos
from persistence.consultas import impressos as consultas

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.demonstrativo import Emitidos
    from handlers.demonstrativo import Pedido as PedidoDeDemonstrativo
    from persistence.prestadores import Prestador

rotas = APIRouter(tags=["demonstrativos"])

_COM_XML: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "O que se pediu.",
        "content": {**RESPOSTAS[200]["content"], "application/xml": {}},
    }
}
_AUSENTES = (erros.PROTOCOLO_NAO_ENCONTRADO, erros.DEMONSTRATIVO_VAZIO)


def _versao(valor: Any) -> Any:
    if valor not in VERSOES:
        raise PydanticCustomError("texto", f"deve ser uma das versões {', '.join(VERSOES)}")
    return valor


Versao = Annotated[
    str, BeforeValidator(_versao), WithJsonSchema({"type": "string", "enum": list(VERSOES)})
]


class Formato(Pedido):
    """Como se quer um demonstrativo."""

    formato: Literal["json", "xml", "html", "pdf"] | None = Field(
        None, description="Sem ele, vale o cabeçalho Accept; sem nenhum, JSON."
    )
    versao: Versao = Field(
        VERSOES[-1], description="Do padrão; cada versão tem os seus números de demonstrativo."
    )


class PedidoDaAnalise(Formato):
    """De que protocolos se quer a análise de conta."""

    protocolo: Annotated[list[Numero], Field(min_length=1, max_length=30)] = Field(
        description="Com ou sem zeros à esquerda; repita o campo, até 30. De um só prestador."
    )


class PedidoDoPagamento(Formato):
    """De quem e de quando é o pagamento."""

    prestador: Texto = Field(description="Código na operadora.")
    data: Dia | None = Field(None, description="Do pagamento, feita ou prevista.")
    competencia: Competencia | None = Field(
        None, description="Mês do pagamento, AAAAMM ou MM/AAAA; em lugar da data."
    )


class _Pronto(NamedTuple):
    emitidos: Emitidos
    formato: str


@rotas.get(
    "/demonstrativos/analise",
    response_model=f.Analises,
    responses=_COM_XML,
    summary="Análise de conta",
)
async def analise(
    pedido: Request, quem: ComLeitura, campos: Annotated[PedidoDaAnalise, Query()]
) -> Response:
    """A análise de conta de 1 a 30 protocolos de um prestador.

    O demonstrativo é o que o prestador vê: enquanto nada muda tem o mesmo número; qualquer
    mudança dá outro. Os protocolos ainda sem análise dizem-se em `ausentes`.
    """
    dono = await _dono(pedido, quem, campos.protocolo)
    protocolos = tuple(str(numero) for numero in campos.protocolo)
    quer = PedidoDeAnalise(Identificacao("codigo", dono.codigo), protocolos)
    pronto = await _emitir(pedido, quem, dono, quer, campos)
    emitidos = pronto.emitidos
    if pronto.formato == "json":
        analises = [d for d in emitidos.demonstrativos if isinstance(d, DemonstrativoAnalise)]
        return formas.resposta(
            f.Analises(demonstrativos=[f.analise(d) for d in analises], ausentes=emitidos.ausentes)
        )
    return await _outro_formato(pedido, pronto)


@rotas.get(
    "/demonstrativos/pagamento",
    response_model=f.Pagamento,
    responses=_COM_XML,
    summary="Pagamento",
)
async def de_pagamento(
    pedido: Request, quem: ComLeitura, campos: Annotated[PedidoDoPagamento, Query()]
) -> Response:
    """O que se pagou a um prestador num dia ou num mês, fora a odontologia."""
    return await _pagamento(pedido, quem, campos, Tipo.PAGAMENTO)


@rotas.get(
    "/demonstrativos/pagamento-odonto",
    response_model=f.Pagamento,
    responses=_COM_XML,
    summary="Pagamento odontológico",
)
async def de_pagamento_odonto(
    pedido: Request, quem: ComLeitura, campos: Annotated[PedidoDoPagamento, Query()]
) -> Response:
    """O que se pagou a um prestador de tratamentos odontológicos num dia ou num mês."""
    return await _pagamento(pedido, quem, campos, Tipo.ODONTO)


@rotas.get(
    "/demonstrativos/emitidos/{numero}",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}, "description": "O elemento emitido."}},
    summary="Um demonstrativo já emitido",
)
async def emitido(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """O XML com que um demonstrativo se emitiu, ainda que depois disso se tenha emitido outro."""
    chave = ler_numero(numero)
    operadora_id = quem.operadora.id

    def ler(conn: Connection) -> bytes | None:
        achado = demonstrativos.ler(conn, operadora_id, chave)
        return None if achado is None else demonstrativos.corpo(conn, achado)

    base = da(pedido)
    corpo = await base.ler(ler)
    if corpo is None:
        raise nao_ha("demonstrativo")
    lido = etree.fromstring(corpo, etree.XMLParser(huge_tree=True, resolve_entities=False))
    carteiras = frozenset(e.text or "" for e in lido.iter(f"{{{NS_TISS}}}numeroCarteira"))
    await base.auditar(quem, Acesso("ler", "demonstrativo", str(chave), carteiras))
    return _xml(corpo, f"demonstrativo-{chave}")


async def _dono(pedido: Request, quem: Quem, numeros: list[int]) -> Prestador:
    operadora_id = quem.operadora.id

    def ler(conn: Connection) -> dict[int, Prestador]:
        donos = (consultas.dono(conn, operadora_id, numero) for numero in numeros)
        return {dono.id: dono for dono in donos if dono is not None}

    donos = list((await da(pedido).ler(ler)).values())
    if not donos:
        raise nao_ha("protocolo")
    if len(donos) > 1:
        raise de_campo("protocolo", "os protocolos são de mais de um prestador; peça-os à parte")
    return donos[0]


async def _pagamento(
    pedido: Request, quem: Quem, campos: PedidoDoPagamento, tipo: Tipo
) -> Response:
    inicio, fim = _periodo(campos)
    operadora_id = quem.operadora.id
    dono = await da(pedido).ler(
        lambda conn: consultas.prestador(conn, operadora_id, campos.prestador)
    )
    if dono is None:
        raise nao_ha("prestador")
    quer = PedidoDePagamento(Identificacao("codigo", dono.codigo), tipo, inicio, fim)
    pronto = await _emitir(pedido, quem, dono, quer, campos)
    if pronto.formato == "json":
        [unico] = pronto.emitidos.demonstrativos
        assert isinstance(unico, DemonstrativoPagamento)  # noqa: S101 - é o que se pediu
        return formas.resposta(f.pagamento(unico))
    return await _outro_formato(pedido, pronto)


def _periodo(campos: PedidoDoPagamento) -> tuple[date, date]:
    if (campos.data is None) == (campos.competencia is None):
        raise de_campo("data", "diga a data ou a competência, e só uma delas")
    if campos.data is not None:
        return campos.data, campos.data
    return mes(str(campos.competencia))


async def _emitir(
    pedido: Request, quem: Quem, dono: Prestador, quer: PedidoDeDemonstrativo, campos: Formato
) -> _Pronto:
    base = da(pedido)
    formato = qual_formato(pedido, campos.formato)
    try:
        pronto = await base.fazer(
            lambda: emitir(
                base.banco, quem.operadora, dono, quer, agora=base.relogio(), versao=campos.versao
            )
        )
    except RegraRecusada as recusa:
        status = 404 if recusa.erro in _AUSENTES else 409
        raise Problema(status, recusa.texto, membros={"motivo": recusa.erro.chave}) from None
    except AindaNaoHa as falta:
        membros = {"motivo": "nao-analisado", "situacao": int(falta.situacao.situacao)}
        raise Problema(409, str(falta), membros=membros) from None
    numeros = pronto.numeros
    detalhes = {"numeros": numeros, "formato": formato}
    acesso = Acesso("ler", "demonstrativo", numeros[0], pronto.carteiras, detalhes)
    await base.auditar(quem, acesso)
    return _Pronto(pronto.emitidos, formato)


async def _outro_formato(pedido: Request, pronto: _Pronto) -> Response:
    folhas = [impresso.montar(d) for d in pronto.emitidos.demonstrativos]
    if pronto.formato == "xml":
        return _xml(pronto.emitidos.arquivo, folhas[0].nome)
    return await em_folha(pedido, folhas, pronto.formato)


def _xml(dados: bytes, nome: str) -> Response:
    return Response(
        dados,
        # a declaração XML dos próprios bytes é que diz a codificação
        headers={
            "Content-Type": "application/xml",
            "Content-Disposition": f'attachment; filename="{nome_de_arquivo(nome)}.xml"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
