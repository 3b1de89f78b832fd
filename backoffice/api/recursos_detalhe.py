"""``/api/v1/recursos/{numero}``: um recurso inteiro, em JSON, impresso ou em arquivo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import formas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Pedido
from backoffice.api.chaves import ler_chave
from backoffice.api.demonstrativos import Versao
from backoffice.api.etiquetas import etiqueta
from backoffice.api.formas_de_recurso import RecursoNaApi, inteiro
from backoffice.api.impressos import RESPOSTAS, em_folha, nome_de_arquivo, qual_formato
from backoffice.api.problemas import Problema, nao_ha
from backoffice.impressos import recurso as impresso
from dominio.competencia import dia
from dominio.versoes import VERSOES
from handlers.recurso_glosa.arquivo import ParaArquivo, em_arquivo
from handlers.status_recurso import saida
from mensagem.recusa import RegraRecusada
from persistence.consultas import recurso_inteiro

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.consultas.recurso_inteiro import RecursoInteiro

rotas = APIRouter(tags=["recursos"])

_XML = "application/xml"
_COM_XML: dict[int | str, dict[str, Any]] = {
    200: {**RESPOSTAS[200], "content": {**RESPOSTAS[200]["content"], _XML: {}}}
}
_SO_XML: dict[int | str, dict[str, Any]] = {
    200: {"content": {_XML: {}}, "description": "O `mensagemTISS`."}
}


class EmQueVersao(Pedido):
    """Em que versão se quer o arquivo."""

    versao: Versao = Field(VERSOES[-1], description="Do padrão; só do XML.")


class Formato(EmQueVersao):
    """Como se quer um recurso."""

    formato: Literal["json", "xml", "html", "pdf"] | None = Field(
        None, description="Sem ele, vale o cabeçalho Accept; sem nenhum, JSON."
    )
    vias: Annotated[int, Field(ge=1, le=5, description="Do impresso.")] = 2


@rotas.get(
    "/recursos/{numero}",
    response_model=RecursoNaApi,
    responses=_COM_XML,
    summary="Um recurso inteiro",
)
async def ler(
    pedido: Request, numero: str, quem: ComLeitura, campos: Annotated[Formato, Query()]
) -> Response:
    """Um recurso com as suas linhas, documentos, notas e histórico; o ETag é a sua revisão.

    O impresso sai em duas vias; o XML é o recurso como o prestador o enviaria em arquivo.
    """
    formato = qual_formato(pedido, campos.formato)
    lido = await _ler(pedido, numero, quem, formato)
    if formato == "json":
        return formas.resposta(inteiro(lido, quem), {"ETag": etiqueta(lido.recurso.revisao)})
    if formato == "xml":
        de = ParaArquivo(
            quem.operadora,
            lido.prestador,
            lido.recurso,
            lido.linhas,
            {g.numero_prestador: g.beneficiario.nome for g in lido.guias.values()},
        )
        dados = await _cabendo(pedido, lambda: em_arquivo(de, campos.versao))
        return _xml(dados, f"recurso-{lido.recurso.numero}")
    folhas = impresso.montar(quem.operadora, lido, dia(da(pedido).relogio()), vias=campos.vias)
    return await em_folha(pedido, folhas, formato)


@rotas.get(
    "/recursos/{numero}/resposta",
    response_class=Response,
    responses=_SO_XML,
    summary="Resposta a um recurso",
)
async def resposta(
    pedido: Request, numero: str, quem: ComLeitura, campos: Annotated[EmQueVersao, Query()]
) -> Response:
    """O que o prestador lê do recurso, em arquivo: a situação ou, respondido, as respostas."""
    lido = await _ler(pedido, numero, quem, "resposta")
    base = da(pedido)
    contexto = saida.contexto(quem.operadora, lido.prestador, campos.versao, base.relogio())

    def consulta(conn: Connection) -> bytes:
        return saida.em_arquivo(contexto, saida.situacao(conn, contexto, lido.recurso.numero))

    try:
        dados = await base.ler(consulta)
    except RegraRecusada as recusa:
        raise _nao_cabe(recusa) from None
    return _xml(dados, f"resposta-recurso-{lido.recurso.numero}")


async def _ler(pedido: Request, numero: str, quem: Quem, formato: str) -> RecursoInteiro:
    chave = ler_chave(numero, "recurso")
    base = da(pedido)
    lido = await base.ler(lambda conn: recurso_inteiro.ler(conn, quem.operadora.id, chave))
    if lido is None:
        raise nao_ha("recurso")
    detalhes = {"formato": formato}
    await base.auditar(quem, Acesso("ler", "recurso", str(chave), lido.carteiras, detalhes))
    return lido


async def _cabendo(pedido: Request, montar: Callable[[], bytes]) -> bytes:
    try:
        return await da(pedido).fazer(montar)
    except RegraRecusada as recusa:
        raise _nao_cabe(recusa) from None


def _nao_cabe(recusa: RegraRecusada) -> Problema:
    return Problema(409, recusa.texto, membros={"motivo": recusa.erro.chave})


def _xml(dados: bytes, nome: str) -> Response:
    return Response(
        dados,
        headers={
            "Content-Type": _XML,
            "Content-Disposition": f'attachment; filename="{nome_de_arquivo(nome)}.xml"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
