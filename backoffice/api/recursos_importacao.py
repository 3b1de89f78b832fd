"""``/api/v1/importacoes/recursos``: um arquivo com as respostas a muitos recursos."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api.autorizacao import ComAnalise
from backoffice.api.base import da
from backoffice.api.importacao import (
    OpcoesDaImportacao,
    RelatorioFeito,
    responder,
    texto_de,
)
from backoffice.api.operacoes import autor
from handlers.decisao_de_recurso import importar, ler_csv, ler_json

rotas = APIRouter(tags=["importação"])

_CORPO = {
    "required": True,
    "content": {
        tipo: {"schema": {"type": "string", "format": "binary"}}
        for tipo in ("application/x-ndjson", "text/csv")
    },
}


@rotas.post(
    "/importacoes/recursos",
    response_model=RelatorioFeito,
    summary="Importar respostas a recursos",
    openapi_extra={"requestBody": _CORPO},
)
async def recursos(
    pedido: Request, quem: ComAnalise, campos: Annotated[OpcoesDaImportacao, Query()]
) -> Response:
    """Responde os recursos de um arquivo: CSV, ou uma linha JSON por recurso.

    O mesmo arquivo outra vez não responde de novo.
    """
    corpo = await pedido.body()
    tipo = pedido.headers.get("content-type", "").partition(";")[0].strip().lower()
    leitor = ler_csv if tipo == "text/csv" else ler_json
    lidas = leitor(texto_de(corpo), hashlib.sha256(corpo).hexdigest()[:32])
    quando, banco = autor(pedido, quem), da(pedido).banco
    return await responder(
        pedido,
        lidas,
        lambda contadas: importar(
            banco, quem.operadora.id, contadas, quando, parcial=campos.parcial
        ),
        parcial=campos.parcial,
    )
