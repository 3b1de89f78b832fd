"""Quem pede: ``Authorization: Bearer`` com um token que valha e tenha o escopo do endereço."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.requests import Request

from backoffice.api.base import Quem, da
from backoffice.api.problemas import Problema
from persistence import tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backoffice.api.balde import Baldes
    from persistence.operadoras import Operadora
    from persistence.tokens import Token

_BEARER = HTTPBearer(
    scheme_name="token", description="Token de `tiss-gateway token add`.", auto_error=False
)


def exigir(escopo: Escopo) -> Callable[..., Awaitable[Quem]]:
    """Dependência que dá quem pede, se o seu token vale e tem o escopo.

    Args:
        escopo: o que o endereço exige.

    Raises:
        Problema: 401 sem token que valha, 403 sem o escopo, 429 além do limite do token.
    """

    async def conferir(
        pedido: Request,
        apresentado: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> Quem:
        token, operadora = await _achar(pedido, apresentado)
        espera = _baldes(pedido).tirar(token.id, token.por_minuto)
        if espera:
            raise Problema(
                429,
                f"Este token aceita {token.por_minuto} pedidos por minuto.",
                cabecalhos={"Retry-After": str(espera)},
            )
        if escopo not in token.escopos:
            raise Problema(
                403, f"O token não tem o escopo {escopo.value}, que este endereço exige."
            )
        endereco = pedido.client.host if pedido.client else ""
        pedido.state.operadora_id = operadora.id
        return Quem(f"token {token.prefixo}", operadora, token.escopos, endereco)

    return conferir


async def _achar(
    pedido: Request, apresentado: HTTPAuthorizationCredentials | None
) -> tuple[Token, Operadora]:
    base = da(pedido)
    agora = base.relogio()
    achado = None
    if apresentado is not None:
        texto = apresentado.credentials
        achado = await base.ler(lambda conn: tokens.achar(conn, texto))
    if achado is None or not achado[0].vale(agora):
        # o mesmo texto para todos: não se diz a quem tenta o que o token tem de errado
        raise Problema(
            401,
            "Falta um token que valha em Authorization: Bearer; desconhecidos, expirados e "
            "revogados não valem.",
            cabecalhos={"WWW-Authenticate": "Bearer"},
        )
    token = achado[0]
    if token.uso_por_anotar(agora):
        await base.gravar(lambda conn: tokens.anotar_uso(conn, token.id, agora))
    return achado


def _baldes(pedido: Request) -> Baldes:
    baldes: Baldes = pedido.app.state.baldes
    return baldes


ComLeitura = Annotated[Quem, Depends(exigir(Escopo.LEITURA))]
ComConteudo = Annotated[Quem, Depends(exigir(Escopo.CONTEUDO))]
ComAnalise = Annotated[Quem, Depends(exigir(Escopo.ANALISE))]
ComPagamento = Annotated[Quem, Depends(exigir(Escopo.PAGAMENTO))]
ComAdmin = Annotated[Quem, Depends(exigir(Escopo.ADMIN))]
