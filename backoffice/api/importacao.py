"""``/api/v1/importacoes/analises`` e ``/protocolos``: arquivos com milhares de protocolos.

A resposta é o relatório; quem aceita ``application/x-ndjson`` recebe antes, linha a linha, quantos
já se leram.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backoffice import protocolos_antigos
from backoffice.api import formas
from backoffice.api.autorizacao import ComAdmin, ComAnalise
from backoffice.api.base import da
from backoffice.api.campos import Pedido
from backoffice.api.formas import Forma
from backoffice.api.operacoes import autor
from backoffice.api.problemas import Problema
from handlers import importacao
from handlers.analise import linhas
from handlers.analise.importacao import Opcoes
from handlers.analise.importacao import importar as importar_analises
from handlers.em_massa import gravar_linhas
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from handlers.em_massa import Relatorio

T = TypeVar("T")

rotas = APIRouter(tags=["importação"])

PROGRESSO = "application/x-ndjson"
_A_CADA = 100
"""Protocolos entre um aviso e o seguinte."""

_CORPO = {
    "required": True,
    "content": {
        tipo: {"schema": {"type": "string", "format": "binary"}}
        for tipo in ("application/x-ndjson", "text/csv")
    },
}
_CORPO_JSON = {
    "required": True,
    "content": {"application/x-ndjson": {"schema": {"type": "string", "format": "binary"}}},
}


class OpcoesDaImportacao(Pedido):
    """Como importar."""

    parcial: bool = Field(False, description="Grava os que servem; sem isto, todos ou nenhum.")


class OpcoesDeAnalises(OpcoesDaImportacao):
    """Como importar análises."""

    finalizar: bool = Field(False, description="Finaliza cada protocolo.")
    completar: bool = Field(False, description="Ao finalizar, libera o que não tem resultado.")


class Recusada(Forma):
    """Uma linha que não se gravou."""

    linha: int
    motivo: str
    texto: str


class RelatorioFeito(Forma):
    """O que a importação fez."""

    lidos: int
    gravados: int
    repetidos: int
    recusados: list[Recusada]


@rotas.post(
    "/importacoes/analises",
    response_model=RelatorioFeito,
    summary="Importar análises",
    openapi_extra={"requestBody": _CORPO},
)
async def analises(
    pedido: Request, quem: ComAnalise, campos: Annotated[OpcoesDeAnalises, Query()]
) -> Response:
    """Registra resultados de um arquivo: CSV, ou uma linha JSON por protocolo.

    O mesmo arquivo outra vez não grava de novo.
    """
    if campos.completar and not campos.finalizar:
        raise Problema(422, "completar só serve com finalizar.")
    corpo = await pedido.body()
    tipo = pedido.headers.get("content-type", "").partition(";")[0].strip().lower()
    leitor = linhas.de_csv if tipo == "text/csv" else linhas.de_json
    lidas = leitor(texto_de(corpo), hashlib.sha256(corpo).hexdigest())
    opcoes = Opcoes(campos.parcial, campos.finalizar, campos.completar)
    quando, banco = autor(pedido, quem), da(pedido).banco
    return await responder(
        pedido,
        lidas,
        lambda contadas: importar_analises(banco, quem.operadora.id, contadas, quando, opcoes),
        parcial=campos.parcial,
    )


@rotas.post(
    "/importacoes/protocolos",
    response_model=RelatorioFeito,
    summary="Importar protocolos de outro sistema",
    openapi_extra={"requestBody": _CORPO_JSON},
)
async def protocolos(
    pedido: Request, quem: ComAdmin, campos: Annotated[OpcoesDaImportacao, Query()]
) -> Response:
    """Traz protocolos com guias, itens, análise, pagamento e recursos, com os seus números."""
    quando, banco = autor(pedido, quem), da(pedido).banco
    lidas = protocolos_antigos.ler(texto_de(await pedido.body()))
    return await responder(
        pedido,
        lidas,
        lambda contadas: gravar_linhas(
            banco,
            contadas,
            lambda conn, um: importacao.importar(conn, quem.operadora, um, quando),
            parcial=campos.parcial,
        ),
        parcial=campos.parcial,
    )


def texto_de(corpo: bytes) -> io.StringIO:
    """O texto de um arquivo recebido.

    Raises:
        Problema: 422, se não está em UTF-8.
    """
    try:
        return io.StringIO(corpo.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError:
        raise Problema(422, "O arquivo não está em UTF-8.") from None


async def responder(
    pedido: Request,
    lidas: Iterable[T],
    importar: Callable[[Iterable[T]], Relatorio],
    *,
    parcial: bool,
) -> Response:
    """O relatório de uma importação, ou antes dele o progresso, se quem pede o aceita.

    Args:
        pedido: o HTTP.
        lidas: o que o arquivo traz, ainda por ler.
        importar: grava o que se vai lendo.
        parcial: se as linhas que servem se gravam ainda que outras não.

    Raises:
        Problema: 422 com o relatório, se nada se gravou por causa das que não servem.
    """
    aceita = pedido.headers.get("accept", "").partition(";")[0].strip().lower()
    if aceita == PROGRESSO:
        corpo = _com_progresso(pedido, lidas, importar, parcial=parcial)
        return StreamingResponse(corpo, media_type=PROGRESSO, headers={"Cache-Control": "no-store"})
    relatorio = await da(pedido).fazer(lambda: _feita(lidas, importar))
    _recusar_se(relatorio, parcial=parcial)
    return formas.resposta(_relatorio(relatorio))


def _feita(lidas: Iterable[T], importar: Callable[[Iterable[T]], Relatorio]) -> Relatorio:
    try:
        return importar(lidas)
    except linhas.LinhaInvalida as defeito:
        raise Problema(422, f"O arquivo não se entende: {defeito}.") from None


def _recusar_se(relatorio: Relatorio, *, parcial: bool) -> None:
    if relatorio.recusados and not parcial:
        quantos = len(relatorio.recusados)
        raise Problema(
            422,
            f"Linhas recusadas: {quantos}; nada foi gravado.",
            membros=_relatorio(relatorio).model_dump(by_alias=True),
        )


async def _com_progresso(
    pedido: Request,
    lidas: Iterable[T],
    importar: Callable[[Iterable[T]], Relatorio],
    *,
    parcial: bool,
) -> AsyncIterator[bytes]:
    """Uma linha JSON a cada tantos protocolos lidos; a última traz o relatório ou o problema."""
    laco = asyncio.get_running_loop()
    fila: asyncio.Queue[int | None] = asyncio.Queue()

    def contadas() -> Iterator[T]:
        for n, lida in enumerate(lidas, 1):
            yield lida
            if n % _A_CADA == 0:
                laco.call_soon_threadsafe(fila.put_nowait, n)

    def trabalho() -> Relatorio:
        try:
            return _feita(contadas(), importar)
        finally:
            laco.call_soon_threadsafe(fila.put_nowait, None)

    feito = asyncio.ensure_future(da(pedido).fazer(trabalho))
    while (n := await fila.get()) is not None:
        yield _linha({"lidos": n})
    try:
        relatorio = await feito
        _recusar_se(relatorio, parcial=parcial)
    except Problema as problema:
        yield _linha({"problema": json.loads(problema.em_json())})
    except BancoIndisponivel:
        texto = "O banco de dados não respondeu; envie o arquivo de novo."
        yield _linha({"problema": json.loads(Problema(503, texto).em_json())})
    else:
        yield _linha({"relatorio": _relatorio(relatorio).model_dump(by_alias=True)})


def _linha(dados: dict[str, Any]) -> bytes:
    return json.dumps(dados, ensure_ascii=False).encode() + b"\n"


def _relatorio(relatorio: Relatorio) -> RelatorioFeito:
    return RelatorioFeito(
        lidos=relatorio.lidos,
        gravados=relatorio.gravados,
        repetidos=relatorio.repetidos,
        recusados=[
            Recusada(linha=r.linha, motivo=r.chave, texto=r.texto) for r in relatorio.recusados
        ],
    )
