"""``/api/v1/regras``: o que cada regra de lotes e recursos faz, e mudá-lo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas
from backoffice.api.autorizacao import ComAdmin
from backoffice.api.base import da
from backoffice.api.cadastro import achar
from backoffice.api.campos import Pedido, Texto
from backoffice.api.formas import Forma
from backoffice.api.problemas import Problema, de_campo, nao_ha
from dominio.versoes import VERSOES
from handlers.lote_guias.regras import todas as do_lote
from handlers.recurso_glosa.regras import REGRAS as DE_RECURSO
from handlers.regras.externas import MAIOR_TEXTO
from handlers.regras.politica import AjusteRecusado, conferir, em_vigor
from persistence.regras import Ajuste, ajustar, ajustes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from handlers.regras import Regra
    from persistence.regras import Ajustes

rotas = APIRouter(tags=["cadastro"])


class DeQuem(Pedido):
    """De quem é o ajuste."""

    prestador: Texto | None = Field(None, description="Código; sem ele, o da operadora.")


class NovoAjuste(Pedido):
    """O ajuste inteiro de uma regra; sem nada, ela volta ao que era."""

    nivel: Literal["recusa", "glosa", "critica", "nota", "desligada"] | None = None
    tolerancia: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    texto: Annotated[str, Field(min_length=1, max_length=MAIOR_TEXTO)] | None = None


class RegraMostrada(Forma):
    """O que vale numa regra, e quem disse a última palavra."""

    regra: str
    codigo: str
    nivel: str
    nivel_padrao: str
    fixa: bool
    tolerancia: int | None
    unidade: str | None
    origem: str
    texto: str


class Regras(Forma):
    """As regras de recebimento."""

    regras: list[RegraMostrada]


@rotas.get("/regras", response_model=Regras, summary="Regras de recebimento")
async def listar(pedido: Request, quem: ComAdmin, campos: Annotated[DeQuem, Query()]) -> Response:
    """O que vale em cada regra, para a operadora ou para um prestador."""

    def ler(conn: Connection) -> Regras:
        mudadas = ajustes(conn, quem.operadora.id, _prestador(conn, quem, campos.prestador))
        return Regras(regras=[_mostrada(regra, mudadas) for regra in todas()])

    return formas.resposta(await da(pedido).ler(ler))


@rotas.put("/regras/{regra}", response_model=RegraMostrada, summary="Mudar uma regra")
async def mudar(
    pedido: Request,
    regra: str,
    quem: ComAdmin,
    campos: Annotated[DeQuem, Query()],
    corpo: NovoAjuste,
) -> Response:
    """Troca o ajuste inteiro de uma regra; vale na mensagem seguinte."""
    achada = next((r for r in todas() if r.chave == regra), None)
    if achada is None:
        raise nao_ha("regra")
    ajuste = Ajuste(corpo.nivel, corpo.tolerancia, corpo.texto)
    try:
        conferir(achada, ajuste)
    except AjusteRecusado as erro:
        if erro.campo == "nivel":
            raise Problema(409, "O nível desta regra não se muda.") from None
        raise de_campo(erro.campo, str(erro)) from None

    def gravar(conn: Connection) -> RegraMostrada:
        prestador_id = _prestador(conn, quem, campos.prestador)
        ajustar(conn, quem.operadora.id, prestador_id, regra, ajuste)
        atos.registrar(
            conn,
            quem,
            "ajustar",
            ("regra", regra),
            prestador=campos.prestador,
            nivel=corpo.nivel,
            tolerancia=corpo.tolerancia,
        )
        return _mostrada(achada, ajustes(conn, quem.operadora.id, prestador_id))

    return formas.resposta(await da(pedido).gravar(gravar))


def todas() -> tuple[Regra[Any], ...]:
    """As regras que se ajustam: as de lotes, também as externas, e as de recursos."""
    return (*do_lote(), *DE_RECURSO)


def _prestador(conn: Connection, quem: Quem, codigo: str | None) -> int | None:
    return None if codigo is None else achar(conn, quem, codigo).id


def _mostrada(regra: Regra[Any], mudadas: Ajustes) -> RegraMostrada:
    vigor = em_vigor(regra, mudadas)
    return RegraMostrada(
        regra=regra.chave,
        codigo=regra.erro.glosa(VERSOES[-1]),
        nivel=vigor.nivel.value,
        nivel_padrao=regra.erro.nivel.value,
        fixa=regra.fixa,
        tolerancia=vigor.tolerancia,
        unidade=regra.tolerancia.unidade.value if regra.tolerancia else None,
        origem=vigor.origem,
        texto=vigor.texto,
    )
