"""``/api/v1/recursos/{numero}/...``: analisar, responder, finalizar e reabrir um recurso."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import campos, formas
from backoffice.api.autorizacao import ComAnalise
from backoffice.api.campos import Motivo, Pedido, Posicao
from backoffice.api.chaves import ler_chave
from backoffice.api.etiquetas import Chave, IfMatch, etiqueta, visto, visto_se_dito
from backoffice.api.formas import Forma, Reais, Situacao
from backoffice.api.formas_de_recurso import AcaoPermitida, acoes
from backoffice.api.operacoes import autor, fazer
from backoffice.api.recursos import EstadoDaLinha, estado
from dominio.impedimento import Natureza
from handlers import decisao_de_recurso as casos
from persistence import recursos

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from dominio.impedimento import Impedimento
    from handlers.decisao_de_recurso import RecursoAtual
    from persistence.recursos_valores import Linha, Recurso

rotas = APIRouter(tags=["recursos"])

MAIS_DECISOES = 1_000
_MAIS_PARTES = 10_000


class ParteDita(Pedido):
    """O que se acata de uma das glosas que a linha contesta."""

    guia: Posicao | None = Field(None, description="Posição no lote; sem ela, é do protocolo.")
    item: Posicao | None = Field(None, description="Posição na guia; sem ela, é da guia.")
    grau_participacao: str = ""
    valor_acatado: campos.Reais


class DecisaoDita(Pedido):
    """A resposta a uma linha."""

    linha: Posicao
    valor_acatado: campos.Reais
    justificativa: str | None = Field(
        None, description="Até 500 caracteres; só falta no que se acata inteiro."
    )
    aceita: bool | None = Field(None, description="Só de uma linha que não contesta valor.")
    partes: list[ParteDita] = Field(
        [], max_length=_MAIS_PARTES, description="Sem elas, reparte-se em proporção."
    )


class DecisoesDitas(Pedido):
    """As respostas a linhas de um recurso."""

    decisoes: Annotated[list[DecisaoDita], Field(min_length=1, max_length=MAIS_DECISOES)]
    finalizar: bool = Field(
        True, description="Respondida a última linha, o prestador vê as respostas."
    )


class Reabertura(Pedido):
    """Por que se reabre."""

    motivo: Motivo


class AndamentoDoRecurso(Forma):
    """Em que pé o recurso ficou; o ETag é a revisão."""

    numero_recurso: str
    situacao: Situacao
    revisao: int
    valor_recursado: Reais
    valor_acatado: Reais
    linhas: list[EstadoDaLinha]
    acoes_permitidas: list[AcaoPermitida]
    repetido: bool


@rotas.post(
    "/recursos/{numero}/analise", response_model=AndamentoDoRecurso, summary="Analisar um recurso"
)
async def analisar(
    pedido: Request, numero: str, quem: ComAnalise, if_match: IfMatch = None
) -> Response:
    """Passa o recurso a EM ANÁLISE, que o prestador vê; repetido, responde o mesmo."""
    chave, revisao = ler_chave(numero, "recurso"), visto_se_dito(if_match)
    return await _fazer(
        pedido,
        quem,
        chave,
        lambda conn: casos.analisar(
            conn, quem.operadora.id, chave, autor(pedido, quem), revisao=revisao
        ),
    )


@rotas.post(
    "/recursos/{numero}/decisoes", response_model=AndamentoDoRecurso, summary="Responder linhas"
)
async def decidir(
    pedido: Request,
    numero: str,
    quem: ComAnalise,
    *,
    corpo: DecisoesDitas,
    chave: Chave,
    if_match: IfMatch = None,
) -> Response:
    """Responde linhas de um recurso; o prestador nada vê até que todas tenham resposta.

    Com a última, o recurso se fecha e o acatado fica liberado para pagar-se, salvo se
    `finalizar` é falso. Até lá uma linha pode responder-se de novo.
    """
    feito = casos.PedidoDeDecisao(
        ler_chave(numero, "recurso"),
        chave,
        tuple(_decisao(dita) for dita in corpo.decisoes),
        visto_se_dito(if_match),
        corpo.finalizar,
    )
    return await _fazer(
        pedido,
        quem,
        feito.recurso,
        lambda conn: casos.decidir(conn, quem.operadora.id, feito, autor(pedido, quem)),
    )


@rotas.post(
    "/recursos/{numero}/finalizacao", response_model=AndamentoDoRecurso, summary="Finalizar"
)
async def finalizar(
    pedido: Request, numero: str, quem: ComAnalise, if_match: IfMatch = None
) -> Response:
    """Fecha um recurso todo respondido; exige `If-Match` com o seu ETag. Repetido, é o mesmo."""
    chave, revisao = ler_chave(numero, "recurso"), visto(if_match)
    return await _fazer(
        pedido,
        quem,
        chave,
        lambda conn: casos.finalizar(
            conn, quem.operadora.id, chave, autor(pedido, quem), revisao=revisao
        ),
    )


@rotas.post("/recursos/{numero}/reabertura", response_model=AndamentoDoRecurso, summary="Reabrir")
async def reabrir(
    pedido: Request, numero: str, quem: ComAnalise, corpo: Reabertura, if_match: IfMatch = None
) -> Response:
    """Volta a analisar um recurso respondido e não pago; exige `If-Match` com o seu ETag."""
    chave, revisao = ler_chave(numero, "recurso"), visto(if_match)
    return await _fazer(
        pedido,
        quem,
        chave,
        lambda conn: casos.reabrir(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            motivo=corpo.motivo,
            revisao=revisao,
        ),
    )


def _decisao(dita: DecisaoDita) -> casos.Decisao:
    return casos.Decisao(
        dita.linha,
        dita.valor_acatado,
        dita.justificativa,
        dita.aceita,
        tuple(
            casos.ParteAcatada(p.guia, p.item, p.valor_acatado, p.grau_participacao)
            for p in dita.partes
        ),
    )


async def _fazer(
    pedido: Request, quem: Quem, numero: int, acao: Callable[[Connection], RecursoAtual]
) -> Response:
    def inteira(conn: Connection) -> tuple[RecursoAtual, Recurso, tuple[Linha, ...]]:
        return acao(conn), *_lido(conn, quem, numero)

    def permitidas(impedimento: Impedimento, conn: Connection) -> list[dict[str, Any]]:
        if impedimento.natureza is not Natureza.CONFLITO:
            return []
        lido = _lido(conn, quem, numero)
        return [a.model_dump(by_alias=True) for a in _acoes(quem, *lido)]

    atual, recurso, linhas = await fazer(pedido, quem, inteira, permitidas)
    pronto = AndamentoDoRecurso(
        numero_recurso=_numero(quem, recurso),
        situacao=formas.situacao(atual.status),
        revisao=atual.revisao,
        valor_recursado=atual.recursado,
        valor_acatado=atual.acatado,
        linhas=[estado(qual) for qual in atual.estados],
        acoes_permitidas=_acoes(quem, recurso, linhas),
        repetido=atual.repetido,
    )
    return formas.resposta(pronto, {"ETag": etiqueta(atual.revisao)})


def _lido(conn: Connection, quem: Quem, numero: int) -> tuple[Recurso, tuple[Linha, ...]]:
    recurso = recursos.por_numero(conn, quem.operadora.id, numero)
    assert recurso is not None  # noqa: S101 - o caso de uso acaba de o achar
    return recurso, recursos.linhas(conn, recurso.protocolo_id)


def _acoes(quem: Quem, recurso: Recurso, linhas: tuple[Linha, ...]) -> list[AcaoPermitida]:
    return acoes(casos.permitidas(recurso.status, linhas), _numero(quem, recurso))


def _numero(quem: Quem, recurso: Recurso) -> str:
    return rotulos.numero(recurso.numero, quem.operadora.largura_do_recurso)
