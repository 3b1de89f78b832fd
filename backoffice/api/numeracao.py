"""``PUT /api/v1/protocolos/{numero}/guias/{guia}/numero-operadora``: o número da guia aqui."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas
from backoffice.api.autorizacao import ComAnalise
from backoffice.api.cadastro_campos import NumeroDeGuia
from backoffice.api.campos import Pedido
from backoffice.api.chaves import ler_chave, ler_numero
from backoffice.api.formas import Forma
from backoffice.api.operacoes import fazer
from handlers import situacao as casos

if TYPE_CHECKING:
    from sqlalchemy import Connection

rotas = APIRouter(tags=["protocolos"])


class NumeroDado(Pedido):
    """O número que a operadora dá à guia."""

    numero_guia_operadora: NumeroDeGuia


class GuiaNumerada(Forma):
    """A guia e o seu número, que já não muda."""

    guia: int
    numero_guia_prestador: str
    numero_guia_operadora: str


@rotas.put(
    "/protocolos/{numero}/guias/{guia}/numero-operadora",
    response_model=GuiaNumerada,
    summary="Dar o número da guia",
)
async def numerar(
    pedido: Request, numero: str, guia: str, quem: ComAnalise, corpo: NumeroDado
) -> Response:
    """Dá a uma guia o número que ela tem na operadora; dado uma vez, não muda.

    Repetir o mesmo número responde o mesmo; outro, ou o de uma guia que o trouxe, é 409.
    """
    chave, posicao = ler_numero(numero), ler_chave(guia, "guia")

    def acao(conn: Connection) -> GuiaNumerada:
        feita = casos.numerar_guia(
            conn, quem.operadora.id, chave, posicao, corpo.numero_guia_operadora
        )
        if not feita.repetida:
            atos.registrar(conn, quem, "numerar", ("guia", f"{chave}/{posicao}"))
        return GuiaNumerada(
            guia=posicao,
            numero_guia_prestador=feita.numero_prestador,
            numero_guia_operadora=corpo.numero_guia_operadora,
        )

    return formas.resposta(await fazer(pedido, quem, acao))
