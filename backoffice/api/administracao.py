"""``/api/v1/situacoes`` e ``/api/v1/auditoria``: a legenda e quem acessou o quê."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComAdmin, ComLeitura
from backoffice.api.base import da
from backoffice.api.formas import Cor, Forma, Instante, Legenda, Situacao
from persistence import auditoria

rotas = APIRouter()


class Evento(Forma):
    """Um evento da auditoria."""

    id: int
    em: Instante
    quem: str
    porta: str
    acao: str
    alvo_tipo: str
    alvo: str
    detalhes: dict[str, Any] | None


class Eventos(Forma):
    """Uma página da auditoria."""

    eventos: list[Evento]
    proximo: str
    ha_mais: bool


@rotas.get(
    "/situacoes", response_model=Legenda, tags=["protocolos"], summary="Legenda das situações"
)
async def situacoes(_quem: ComLeitura) -> Response:
    """As situações que há, com o nome e a cor de cada uma."""
    return formas.resposta(
        Legenda(
            situacoes=[
                Situacao(
                    codigo=linha.codigo,
                    texto=linha.texto,
                    cor=Cor(nome=linha.cor.nome, hexadecimal=linha.cor.hexadecimal),
                )
                for linha in rotulos.LEGENDA
            ]
        )
    )


@rotas.get("/auditoria", response_model=Eventos, tags=["administração"], summary="Auditoria")
async def eventos(
    pedido: Request, quem: ComAdmin, campos: Annotated[listas.PedidoDeLista, Query()]
) -> Response:
    """Quem acessou dados de pacientes, por onde e quando, do mais velho ao mais novo."""
    listas.conferir_operadora(quem, campos.operadora)
    desde = 0 if campos.cursor is None else cursores.EVENTO.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)
    lidos = await da(pedido).ler(
        lambda conn: auditoria.listar(conn, quem.operadora.id, depois_de=desde, limite=limite + 1)
    )
    mostrados, ha_mais = lidos[:limite], len(lidos) > limite
    proximo = cursores.EVENTO.escrever(mostrados[-1].id if mostrados else desde)
    ligacao = listas.ligacao(pedido, proximo, ha_mais=ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        linhas = ((e.id, e.em, e.quem, e.porta, e.acao, e.alvo_tipo, e.alvo) for e in mostrados)
        titulos = ("Evento", "Instante", "Quem", "Porta", "Ação", "Tipo do alvo", "Alvo")
        return planilhas.resposta("auditoria", titulos, linhas, ligacao)
    prontos = [
        Evento(**{**e._asdict(), "detalhes": None if e.detalhes is None else dict(e.detalhes)})
        for e in mostrados
    ]
    return formas.resposta(Eventos(eventos=prontos, proximo=proximo, ha_mais=ha_mais), ligacao)
