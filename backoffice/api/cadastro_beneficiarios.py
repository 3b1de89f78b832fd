"""``/api/v1/beneficiarios``: o cadastro contra o qual as guias se conferem.

A carteira vai no corpo e não no endereço, que fica em registros de proxies.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas
from backoffice.api.autorizacao import ComAdmin, ComConteudo
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Dia, Pedido, Texto
from backoffice.api.formas import Forma
from backoffice.api.problemas import de_campo, nao_ha
from persistence import beneficiarios

if TYPE_CHECKING:
    from sqlalchemy import Connection

rotas = APIRouter(tags=["cadastro"])
MAIS_DE_UMA_VEZ = 1000
"""Beneficiários de um pedido; mais, em vários ou pelo comando."""

Carteira = Annotated[Texto, Field(max_length=20)]


class BeneficiarioDito(Pedido):
    """Um beneficiário a criar ou a atualizar por inteiro."""

    carteira: Carteira
    nome: Annotated[Texto, Field(max_length=70)]
    cns: Annotated[Texto, Field(max_length=15)] | None = None
    validade: Dia | None = None
    suspenso_desde: Dia | None = None
    suspenso_ate: Dia | None = None
    incluido_em: Dia | None = None
    excluido_em: Dia | None = None


class Carga(Pedido):
    """Beneficiários a criar ou atualizar; os que não estão aqui ficam como estão."""

    beneficiarios: Annotated[
        list[BeneficiarioDito], Field(min_length=1, max_length=MAIS_DE_UMA_VEZ)
    ]


class Busca(Pedido):
    """De quem se pergunta."""

    carteira: Carteira


class Gravados(Forma):
    """Quantos se criaram e quantos se atualizaram."""

    novos: int
    atualizados: int


class BeneficiarioMostrado(Forma):
    """Um beneficiário."""

    carteira: str
    nome: str
    cns: str | None
    validade: date | None
    suspenso_desde: date | None
    suspenso_ate: date | None
    incluido_em: date | None
    excluido_em: date | None


@rotas.put("/beneficiarios", response_model=Gravados, summary="Gravar beneficiários")
async def gravar(pedido: Request, quem: ComAdmin, corpo: Carga) -> Response:
    """Cria ou atualiza beneficiários, todos ou nenhum."""
    novos = [beneficiarios.Beneficiario(**dito.model_dump()) for dito in corpo.beneficiarios]
    if len({novo.carteira for novo in novos}) < len(novos):
        raise de_campo("beneficiarios", "a mesma carteira está mais de uma vez")

    def na_transacao(conn: Connection) -> Gravados:
        feitos = beneficiarios.gravar(conn, quem.operadora.id, novos)
        atos.registrar(
            conn, quem, "gravar", ("beneficiarios", ""), novos=feitos.novos,
            atualizados=feitos.atualizados,
        )  # fmt: skip
        return Gravados(novos=feitos.novos, atualizados=feitos.atualizados)

    return formas.resposta(await da(pedido).gravar(na_transacao))


@rotas.post("/beneficiarios/busca", response_model=BeneficiarioMostrado, summary="Um beneficiário")
async def buscar(pedido: Request, quem: ComConteudo, corpo: Busca) -> Response:
    """O beneficiário de uma carteira; o acesso fica na auditoria."""
    base = da(pedido)
    achados = await base.ler(
        lambda conn: beneficiarios.por_carteira(conn, quem.operadora.id, [corpo.carteira])
    )
    await base.auditar(quem, Acesso("ler", "beneficiario", "", [corpo.carteira]))
    if corpo.carteira not in achados:
        raise nao_ha("beneficiário")
    return formas.resposta(BeneficiarioMostrado(**achados[corpo.carteira]._asdict()))
