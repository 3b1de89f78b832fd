"""``/api/v1/precos``: a tabela de preços da análise automática."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, campos, formas
from backoffice.api.autorizacao import ComAdmin, ComLeitura
from backoffice.api.base import da
from backoffice.api.campos import Dia, Pedido
from backoffice.api.formas import Forma, Reais
from backoffice.api.problemas import de_campo
from dominio import listas
from dominio.dinheiro import MAIOR_TOTAL
from dominio.versoes import VERSOES
from persistence import precos
from persistence.precos import Preco

if TYPE_CHECKING:
    from sqlalchemy import Connection

rotas = APIRouter(tags=["cobrança"])
MAIS_DE_UMA_VEZ = 1000
"""Preços de um pedido; mais, em vários ou pelo comando."""


def _tabela(valor: Any) -> Any:
    if not any(listas.tem("dm_tabela", valor, versao) for versao in VERSOES):
        raise PydanticCustomError("texto", "não é uma tabela de dm_tabela")
    return valor


Tabela = Annotated[str, BeforeValidator(_tabela), Field(description="`codigoTabela`, como 22.")]
Codigo = Annotated[str, Field(pattern="^[0-9A-Za-z]{1,10}$")]


class PrecoDito(Pedido):
    """Um preço a criar ou, se há um com o mesmo início, a trocar."""

    tabela: Tabela
    codigo: Codigo
    inicio: Dia
    valor: Annotated[campos.Reais, Field(ge=0, le=MAIOR_TOTAL, decimal_places=2)]
    fim: Dia | None = Field(None, description="Último dia; sem ele, não acaba.")


class Carga(Pedido):
    """Preços a gravar; os que não estão aqui ficam como estão."""

    precos: Annotated[list[PrecoDito], Field(min_length=1, max_length=MAIS_DE_UMA_VEZ)]


class FiltroDePrecos(Pedido):
    """De que código."""

    tabela: Tabela
    codigo: Codigo


class PrecoMostrado(Forma):
    """Um preço e quando vale."""

    tabela: str
    codigo: str
    inicio: date
    fim: date | None
    valor: Reais


class Precos(Forma):
    """Os preços de um código, do mais novo ao mais velho."""

    precos: list[PrecoMostrado]


class Gravados(Forma):
    """Quantos se criaram ou trocaram."""

    gravados: int


@rotas.get("/precos", response_model=Precos, summary="Preços de um código")
async def ler(
    pedido: Request, quem: ComLeitura, campos: Annotated[FiltroDePrecos, Query()]
) -> Response:
    """Todos os preços que um código teve; entre dois vigentes vale o que começou depois."""
    lidos = await da(pedido).ler(
        lambda conn: precos.do_codigo(conn, quem.operadora.id, campos.tabela, campos.codigo)
    )
    return formas.resposta(Precos(precos=[PrecoMostrado(**p._asdict()) for p in lidos]))


@rotas.put("/precos", response_model=Gravados, summary="Gravar preços")
async def gravar(pedido: Request, quem: ComAdmin, corpo: Carga) -> Response:
    """Cria ou troca preços, todos ou nenhum."""
    novos = [Preco(**dito.model_dump()) for dito in corpo.precos]
    for n, novo in enumerate(novos):
        if novo.fim is not None and novo.fim < novo.inicio:
            raise de_campo(f"precos.{n}.fim", "é anterior ao início")
    if len({(p.tabela, p.codigo, p.inicio) for p in novos}) < len(novos):
        raise de_campo("precos", "o mesmo código está mais de uma vez com o mesmo início")

    def na_transacao(conn: Connection) -> Gravados:
        gravados = precos.gravar(conn, quem.operadora.id, novos)
        atos.registrar(conn, quem, "gravar", ("precos", ""), gravados=gravados)
        return Gravados(gravados=gravados)

    return formas.resposta(await da(pedido).gravar(na_transacao))
