"""A resposta a um recurso fora do web service: o arquivo ``mensagemTISS`` que o prestador lê."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.lote import Identificacao
from dominio.transacoes import POR_SERVICO
from handlers.contexto import Contexto
from handlers.pergunta import PedidoDeStatus
from handlers.status_recurso.assunto import StatusRecurso
from handlers.status_recurso.caso import consultar
from mensagem import resposta as resposta_tiss
from mensagem.cabecalho import Cabecalho

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.status_recurso.caso import Situacao
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

_TRANSACAO = POR_SERVICO[StatusRecurso.servico]
_ASSUNTO = StatusRecurso()


def contexto(operadora: Operadora, prestador: Prestador, versao: str, agora: datetime) -> Contexto:
    """O de um pedido que o próprio prestador fizesse pelo seu código."""
    quem = Identificacao("codigo", prestador.codigo)
    cabecalho = Cabecalho(
        _TRANSACAO.tipo_pedido, "1", quem, operadora.registro_ans, versao, None, None
    )
    ids = frozenset({prestador.id})
    return Contexto(operadora, prestador, ids, cabecalho, versao, "arquivo", "", agora)


def situacao(conn: Connection, de: Contexto, numero: int) -> Situacao:
    """O que o prestador leria do recurso de um número.

    Raises:
        RegraRecusada: não há tal recurso, ou a resposta não cabe na versão.
    """
    quem = Identificacao("codigo", de.prestador.codigo)
    return consultar(conn, de, PedidoDeStatus(quem, str(numero)))


def em_arquivo(de: Contexto, lida: Situacao) -> bytes:
    """O ``mensagemTISS`` da resposta, em ISO-8859-1."""
    return resposta_tiss.montar(
        _TRANSACAO,
        _ASSUNTO.escrever(de, lida),
        de.cabecalho,
        registro_ans=de.operadora.registro_ans,
        versao=de.versao,
        agora=de.agora,
        em_arquivo=True,
    )
