"""De quem se fala quando uma mensagem, além da origem, diz um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros
from dominio.textos import cabe_em_latin1
from mensagem.recusa import RegraRecusada
from persistence import prestadores

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dominio.lote import Identificacao
    from handlers.contexto import Contexto


def prestadores_ditos(conn: Connection, contexto: Contexto, dito: Identificacao) -> frozenset[int]:
    """Ids dos prestadores que a identificação diz, entre os que o remetente é.

    Vazio quando se diz outro prestador: para quem pergunta, o que é dele não existe.

    Raises:
        RegraRecusada: identificação que não se pode repetir na resposta.
    """
    if not cabe_em_latin1(dito.valor):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: dadosPrestador.")
    if dito == contexto.cabecalho.origem:
        return contexto.prestadores
    achados = prestadores.resolver(conn, contexto.operadora.id, [dito])[dito]
    return frozenset(p.id for p in achados) & contexto.prestadores
