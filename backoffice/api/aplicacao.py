"""A aplicação ASGI da API; recebe o corpo já lido, com limites e prazo, por quem a monta."""

from __future__ import annotations

import asyncio
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from backoffice.api import (
    administracao,
    analise,
    cadastro,
    cadastro_acesso,
    cadastro_beneficiarios,
    cadastro_regras,
    cadastro_usuarios,
    calendario,
    cobranca,
    conteudo,
    demonstrativos,
    detalhe,
    documentacao,
    documentos,
    guias,
    importacao,
    importacoes,
    impressos,
    liberacao,
    mensagens,
    notas,
    numeracao,
    pagamentos,
    precos,
    previas,
    protocolos,
    rascunhos,
    rascunhos_anexos,
    recados,
    recursaveis,
    recursos,
    recursos_detalhe,
    recursos_importacao,
    recursos_respostas,
    relatorios,
    validacao,
    webhooks,
)
from backoffice.api.balde import Baldes
from backoffice.api.problemas import RESPOSTAS, Problema
from persistence.arquivos import DepositoSemResposta
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from backoffice.api.base import Base
    from backoffice.api.envio import LimitesDoEnvio
    from backoffice.api.mensagens import QuemRecebe

RAIZ = "/api/v1"
EXTENSAO = "tiss"
"""Extensão do escopo em que quem monta a API diz o certificado da conexão."""
_DESCRICAO = (
    "Lotes, protocolos e guias de uma operadora. Cada token vê uma só operadora, e só o que o seu "
    "escopo permite. Valores são textos em reais, e instantes trazem o fuso."
)
_ERRO_NOSSO = "Erro inesperado do servidor; nada do que se pediu foi feito."


def criar(quem: QuemRecebe, limites: LimitesDoEnvio, executor: Executor, base: Base) -> FastAPI:
    """Aplicação dos endereços ``/api/v1/...``.

    Args:
        quem: a recepção.
        limites: o que se aceita de cada pedido.
        executor: threads em que as mensagens são processadas.
        base: o banco e as threads das consultas.
    """
    aplicacao = FastAPI(
        title="TISS gateway",
        description=_DESCRICAO,
        version=metadata.version("tiss-gateway"),
        openapi_url=f"{RAIZ}/openapi.json",
        # as páginas do FastAPI buscam programas em outro servidor
        docs_url=None,
        redoc_url=None,
        # um redirecionamento repetiria o Host de quem pede, que pode ser qualquer um
        redirect_slashes=False,
    )
    aplicacao.state.base = base
    aplicacao.state.baldes = Baldes()
    aplicacao.add_api_route(
        f"{RAIZ}/mensagens",
        _envio(quem, limites, executor),
        methods=["POST"],
        tags=["mensagens"],
        summary="Mensagens em arquivo",
        response_class=Response,
        openapi_extra={"requestBody": _CORPO_DO_ENVIO},
    )
    for modulo in _MODULOS:
        aplicacao.include_router(modulo.rotas, prefix=RAIZ, responses=RESPOSTAS)
    _documentar(aplicacao)
    _tratar_erros(aplicacao)
    return aplicacao


_MODULOS = (
    protocolos,
    detalhe,
    guias,
    numeracao,
    conteudo,
    documentos,
    recados,
    importacoes,
    analise,
    liberacao,
    pagamentos,
    notas,
    importacao,
    rascunhos,
    rascunhos_anexos,
    recursaveis,
    recursos,
    recursos_detalhe,
    recursos_importacao,
    recursos_respostas,
    demonstrativos,
    impressos,
    previas,
    relatorios,
    cadastro,
    cadastro_acesso,
    cadastro_regras,
    cadastro_beneficiarios,
    cadastro_usuarios,
    calendario,
    cobranca,
    precos,
    webhooks,
    administracao,
)
_CORPO_DO_ENVIO = {
    "required": True,
    "content": {
        tipo: {"schema": {"type": "string", "format": "binary"}}
        for tipo in ("application/xml", "multipart/form-data", "application/zip")
    },
}


def _envio(
    quem: QuemRecebe, limites: LimitesDoEnvio, executor: Executor
) -> Callable[[Request], object]:
    async def enviar(pedido: Request) -> Response:
        """Recebe mensagens em arquivo; quem envia se identifica dentro de cada uma, sem token."""
        corpo = await pedido.body()
        trabalho = partial(
            mensagens.atender,
            quem,
            limites,
            tipo=pedido.headers.get("content-type", ""),
            aceita=pedido.headers.get("accept", ""),
            corpo=corpo,
            endereco=pedido.client.host if pedido.client else "",
            certificado=pedido.scope.get("extensions", {}).get(EXTENSAO, {}).get("certificado"),
        )
        return await asyncio.get_running_loop().run_in_executor(executor, trabalho)

    return enviar


def _documentar(aplicacao: FastAPI) -> None:
    def pagina() -> Response:
        return HTMLResponse(
            documentacao.pagina(aplicacao.openapi()), headers=documentacao.CABECALHOS
        )

    aplicacao.add_api_route(f"{RAIZ}/docs", pagina, include_in_schema=False)


def _tratar_erros(aplicacao: FastAPI) -> None:
    def problema(_pedido: Request, erro: Exception) -> Response:
        assert isinstance(erro, Problema)  # noqa: S101 - é com este tipo que se registra
        return erro.resposta()

    def invalido(_pedido: Request, erro: Exception) -> Response:
        assert isinstance(erro, RequestValidationError)  # noqa: S101 - idem
        return validacao.problema(erro.errors()).resposta()

    def http(_pedido: Request, erro: Exception) -> Response:
        assert isinstance(erro, HTTPException)  # noqa: S101 - idem
        texto = "Não há nada neste endereço."
        cabecalhos = dict(erro.headers or {})
        if erro.status_code == 405:
            texto = f"Este endereço só aceita {cabecalhos.get('Allow', 'outro método')}."
        elif erro.status_code != 404:
            texto = "O pedido HTTP não se entende."
        return Problema(erro.status_code, texto, cabecalhos=cabecalhos).resposta()

    def sem_banco(_pedido: Request, _erro: Exception) -> Response:
        return Problema(
            503, "O banco de dados não respondeu; tente de novo.", cabecalhos={"Retry-After": "5"}
        ).resposta()

    def sem_deposito(_pedido: Request, _erro: Exception) -> Response:
        return Problema(
            503,
            "O depósito dos arquivos não respondeu; tente de novo.",
            cabecalhos={"Retry-After": "5"},
        ).resposta()

    def inesperado(_pedido: Request, _erro: Exception) -> Response:
        return Problema(500, _ERRO_NOSSO).resposta()

    for tipo, tratar in (
        (Problema, problema),
        (RequestValidationError, invalido),
        (HTTPException, http),
        (BancoIndisponivel, sem_banco),
        (DepositoSemResposta, sem_deposito),
        (Exception, inesperado),
    ):
        aplicacao.add_exception_handler(tipo, tratar)
