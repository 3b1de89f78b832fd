"""``/api/v1/protocolos/{numero}/mensagem`` e ``/resposta``: os bytes recebidos e respondidos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api.autorizacao import ComConteudo
from backoffice.api.base import Acesso, Quem, da
from backoffice.api.chaves import ler_numero
from backoffice.api.problemas import nao_ha
from persistence import mensagens, protocolos
from persistence.consultas import guias

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.mensagens import MensagemGuardada

rotas = APIRouter(tags=["conteúdo"])

_XML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/xml": {}}, "description": "Os bytes."}
}


class _Lida(NamedTuple):
    mensagem: MensagemGuardada
    carteiras: frozenset[str]


@rotas.get(
    "/protocolos/{numero}/mensagem", response_class=Response, responses=_XML,
    summary="Mensagem recebida",
)  # fmt: skip
async def recebida(pedido: Request, numero: str, quem: ComConteudo) -> Response:
    """A mensagem que deu origem ao protocolo, como veio, com a senha do prestador escondida."""
    lida = await _ler(pedido, numero, quem, "mensagem")
    return _xml(numero, "mensagem", lida.pedido)


@rotas.get(
    "/protocolos/{numero}/resposta", response_class=Response, responses=_XML,
    summary="Resposta dada",
)  # fmt: skip
async def respondida(pedido: Request, numero: str, quem: ComConteudo) -> Response:
    """A resposta que se deu, como saiu."""
    lida = await _ler(pedido, numero, quem, "resposta")
    return _xml(numero, "resposta", lida.resposta)


async def _ler(pedido: Request, numero: str, quem: Quem, parte: str) -> MensagemGuardada:
    chave = ler_numero(numero)
    base = da(pedido)

    def ler(conn: Connection) -> _Lida | None:
        protocolo = protocolos.por_numero(conn, quem.operadora.id, chave)
        if protocolo is None:
            return None
        mensagem = mensagens.ler(conn, quem.operadora.id, protocolo.mensagem_id)
        if mensagem is None:
            return None
        lote = protocolo.lote_id
        return _Lida(mensagem, frozenset() if lote is None else guias.carteiras(conn, lote))

    lida = await base.ler(ler)
    if lida is None:
        raise nao_ha("protocolo")
    detalhes = {"parte": parte, "protocolo": chave}
    acesso = Acesso("ler", "mensagem", lida.mensagem.id, lida.carteiras, detalhes)
    await base.auditar(quem, acesso)
    return lida.mensagem


def _xml(numero: str, parte: str, dados: bytes | None) -> Response:
    if dados is None:
        # o expurgo do arquivo tira os bytes e deixa o registro
        raise nao_ha(parte)
    return Response(
        dados,
        # a declaração XML dos próprios bytes é que diz a codificação
        headers={
            "Content-Type": "application/xml",
            "Content-Disposition": f'attachment; filename="{int(numero)}-{parte}.xml"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
