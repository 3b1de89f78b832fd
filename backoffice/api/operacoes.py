"""Os casos de uso do lado da operadora chamados pela API: quem pede, e o que impede."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from backoffice.api.base import da
from backoffice.api.problemas import Problema
from dominio.impedimento import Impedimento, Natureza
from dominio.impedimentos import ANALISE_FINALIZADA, NAO_LIBERADO, REVISAO_ANTIGA, SITUACAO
from dominio.situacao import CICLO
from handlers.da_operadora import Autor
from persistence import protocolos
from persistence.consultas import protocolos as lista

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request

    from backoffice.api.base import Quem

T = TypeVar("T")

Permitidas: TypeAlias = "Callable[[Impedimento, Connection], list[dict[str, Any]]]"

_STATUS = {Natureza.INVALIDO: 422, Natureza.CONFLITO: 409, Natureza.AUSENTE: 404}
_DA_SITUACAO = (SITUACAO, NAO_LIBERADO, ANALISE_FINALIZADA)
_MUDOU = "O protocolo mudou depois de lido; leia-o de novo e decida."


def autor(pedido: Request, quem: Quem) -> Autor:
    """Quem pede, para o histórico, e o instante do pedido."""
    return Autor(quem.nome, da(pedido).relogio())


async def fazer(
    pedido: Request,
    quem: Quem,
    acao: Callable[[Connection], T],
    permitidas: Permitidas | None = None,
) -> T:
    """Faz um caso de uso numa transação de escrita.

    Args:
        pedido: o de HTTP.
        quem: quem pede.
        acao: o caso de uso.
        permitidas: o que se poderia fazer em vez do que se impediu; ausente, as situações a que o
            protocolo pode passar.

    Raises:
        Problema: o que impede, com todos os lugares e o que se permite.
    """
    base = da(pedido)
    try:
        return await base.gravar(acao)
    except Impedimento as impedimento:
        quais = permitidas or partial(_situacoes, quem)
        achadas = await base.ler(partial(quais, impedimento))
        raise problema(impedimento, achadas) from None


async def consultar(pedido: Request, consulta: Callable[[Connection], T]) -> T:
    """Uma leitura pelos casos de uso.

    Raises:
        Problema: o que se pede não existe na operadora.
    """
    try:
        return await da(pedido).ler(consulta)
    except Impedimento as impedimento:
        raise problema(impedimento) from None


def problema(impedimento: Impedimento, permitidas: list[dict[str, Any]] | None = None) -> Problema:
    """O documento de um impedimento, com tudo o que impede o mesmo pedido."""
    todos = (impedimento, *impedimento.outros)
    membros: dict[str, Any] = {
        "motivo": impedimento.chave,
        "erros": [
            {
                "campo": str(um.lugar) or "pedido",
                "texto": um.texto,
                "motivo": um.chave,
                **{nome: valor for nome, valor in um.lugar._asdict().items() if valor is not None},
            }
            for um in todos
        ],
    }
    if permitidas:
        membros["permitidas"] = permitidas
    status = 412 if impedimento.motivo is REVISAO_ANTIGA else _STATUS[impedimento.natureza]
    return Problema(status, impedimento.texto, membros=membros)


def exigir_alteracao(conn: Connection, quem: Quem, numero: int, lida: int | None) -> None:
    """Tranca um protocolo e confere o ETag com que foi lido; ausente, aceita qualquer um.

    Raises:
        Problema: 412 se mudou depois; o que não há fica para o caso de uso dizer.
    """
    atual = lista.trancar(conn, quem.operadora.id, numero)
    if lida is not None and atual is not None and atual.alteracao != lida:
        raise Problema(412, _MUDOU)


def _situacoes(quem: Quem, impedimento: Impedimento, conn: Connection) -> list[dict[str, Any]]:
    numero = impedimento.lugar.protocolo
    if impedimento.motivo not in _DA_SITUACAO or numero is None:
        return []
    protocolo = protocolos.por_numero(conn, quem.operadora.id, numero)
    if protocolo is None:
        return []
    return [{"codigo": int(s), "texto": s.texto} for s in sorted(CICLO[protocolo.status])]
