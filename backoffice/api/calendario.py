"""``/api/v1/calendario``: que execuções se podem enviar quando, e quando se espera pagar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas, listas, planilhas
from backoffice.api.atos import Feito
from backoffice.api.autorizacao import ComAdmin, ComLeitura
from backoffice.api.base import da
from backoffice.api.campos import Competencia, Dia, Pedido, Texto
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma
from backoffice.api.problemas import Problema, de_campo, nao_ha
from handlers import calendario as casos
from handlers.calendario import CalendarioRecusado, PedidoDeAno, PedidoDePeriodo
from persistence import calendario, credenciamento

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.calendario import Periodo

rotas = APIRouter(tags=["calendário"])


class Filtros(listas.Formato):
    """Os filtros do calendário."""

    competencia: Competencia | None = None


class NovoPeriodo(Pedido):
    """Um período a criar."""

    prestador: Texto | None = Field(None, description="Código do único a quem vale.")
    competencia: Competencia
    execucao_de: Dia
    execucao_ate: Dia
    envio_de: Dia
    envio_ate: Dia
    pagamento: Dia | None = Field(
        None, description="Sem ele, o último dia útil do mês em que se acaba de receber."
    )


class NovoAno(Pedido):
    """Os doze períodos de um ano."""

    ano: Annotated[int, Field(ge=2000, le=2200)]
    ultimo_dia: Annotated[int, Field(ge=1, le=31)] = Field(
        5, description="Do mês seguinte ao da execução, até ao qual se recebe."
    )
    uteis: bool = Field(False, description="Se ele se conta em dias úteis bancários.")


class PeriodoMostrado(Forma):
    """Um período; todos os dias são inclusive."""

    id: str
    prestador: str | None
    competencia: str
    execucao_de: date
    execucao_ate: date
    envio_de: date
    envio_ate: date
    pagamento: date


class Calendario(Forma):
    """Os períodos de uma operadora."""

    periodos: list[PeriodoMostrado]


@rotas.get("/calendario", response_model=Calendario, summary="Calendário de faturamento")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Os períodos, pela ordem em que se acaba de receber."""
    lidos = await da(pedido).ler(
        lambda conn: _mostrar(
            conn, quem, calendario.listar(conn, quem.operadora.id, competencia=campos.competencia)
        )
    )
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (
            (p.competencia, p.prestador, p.execucao_de, p.execucao_ate, p.envio_de, p.envio_ate,
             p.pagamento)
            for p in lidos
        )  # fmt: skip
        return planilhas.resposta("calendario", _TITULOS, linhas, {})
    return formas.resposta(Calendario(periodos=lidos))


@rotas.post("/calendario", response_model=PeriodoMostrado, summary="Criar um período")
async def criar(pedido: Request, quem: ComAdmin, corpo: NovoPeriodo) -> Response:
    """Abre um período, para todos ou para um prestador, como o de um lote retroativo."""

    def gravar(conn: Connection) -> PeriodoMostrado:
        prestador = None
        if corpo.prestador is not None:
            prestador = credenciamento.por_codigo(conn, quem.operadora.id, corpo.prestador)
            if prestador is None:
                raise de_campo("prestador", "não é código de um prestador desta operadora")
        campos = corpo.model_dump(exclude={"prestador"})
        pedida = PedidoDePeriodo(None if prestador is None else prestador.id, **campos)
        try:
            feito = casos.criar(conn, quem.operadora.id, pedida)
        except CalendarioRecusado as erro:
            raise _problema(erro) from None
        atos.registrar(
            conn, quem, "criar", ("periodo", str(feito.id)), competencia=feito.competencia
        )
        [mostrado] = _mostrar(conn, quem, (feito,))
        return mostrado

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.post("/calendario/anos", response_model=Calendario, summary="Gerar um ano")
async def gerar(pedido: Request, quem: ComAdmin, corpo: NovoAno) -> Response:
    """Cria os doze períodos de um ano: cada mês recebe-se até um dia do seguinte."""

    def gravar(conn: Connection) -> list[PeriodoMostrado]:
        pedida = PedidoDeAno(corpo.ano, corpo.ultimo_dia, corpo.uteis)
        try:
            feitos = casos.gerar(conn, quem.operadora.id, pedida)
        except CalendarioRecusado as erro:
            raise _problema(erro) from None
        atos.registrar(conn, quem, "gerar", ("calendario", str(corpo.ano)))
        return _mostrar(conn, quem, feitos)

    return formas.resposta(Calendario(periodos=await da(pedido).gravar(gravar)))


@rotas.delete("/calendario/{id}", response_model=Feito, summary="Apagar um período")
async def apagar(pedido: Request, id: str, quem: ComAdmin) -> Response:  # noqa: A002 - do endereço
    """Apaga um período; o que já se recebeu fica como está."""

    def gravar(conn: Connection) -> None:
        if not calendario.apagar(conn, quem.operadora.id, ler_chave(id, "período")):
            raise nao_ha("período")
        atos.registrar(conn, quem, "apagar", ("periodo", id))

    await da(pedido).gravar(gravar)
    return formas.resposta(Feito())


_TITULOS = (
    "Competência", "Prestador", "Executado de", "Executado até", "Enviar de", "Enviar até",
    "Pagamento",
)  # fmt: skip


def _problema(erro: CalendarioRecusado) -> Problema:
    return Problema(409, str(erro)) if erro.campo is None else de_campo(erro.campo, str(erro))


def _mostrar(conn: Connection, quem: Quem, periodos: tuple[Periodo, ...]) -> list[PeriodoMostrado]:
    codigos = credenciamento.codigos(
        conn, quem.operadora.id, [p.prestador_id for p in periodos if p.prestador_id is not None]
    )
    return [
        PeriodoMostrado(
            id=str(p.id),
            prestador=None if p.prestador_id is None else codigos[p.prestador_id],
            competencia=p.competencia,
            execucao_de=p.execucao_de,
            execucao_ate=p.execucao_ate,
            envio_de=p.envio_de,
            envio_ate=p.envio_ate,
            pagamento=p.pagamento,
        )
        for p in periodos
    ]
