"""Cancelar um recurso de glosa: só o que ainda não teve resposta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import numeros
from dominio.cancelamento import StatusCancelamento
from dominio.situacao import CICLO, StatusProtocolo
from handlers.cancela_guia.pedido import AlvoGuia, Desfecho
from persistence import decisoes_de_recurso, protocolos, recursos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from persistence.recursos_valores import Recurso

_S = StatusCancelamento
_CANCELADO = StatusProtocolo.CANCELADO


def trancaveis(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvo: AlvoGuia
) -> set[int]:
    """Os protocolos que se têm de trancar antes de cancelar o recurso que o alvo diz."""
    return {
        chave
        for recurso in _candidatos(conn, contexto, de_quem, alvo)
        for chave in (recurso.original_id, recurso.protocolo_id)
    }


def cancelar(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvo: AlvoGuia, quem: str
) -> Desfecho:
    """Cancela o recurso e solta o que ele prende; repetir responde o mesmo.

    O número é o da guia de recurso; o protocolo, se vem, o do recurso ou o de que se recorreu.
    """
    candidatos = _candidatos(conn, contexto, de_quem, alvo)
    if candidatos and alvo.protocolo is not None:
        dito = numeros.protocolo(alvo.protocolo)
        candidatos = [r for r in candidatos if dito in (r.numero, r.original)]
        if not candidatos:
            return Desfecho(_S.PROTOCOLO_INEXISTENTE, alvo)
    recurso = next((r for r in candidatos if r.vivo), next(iter(candidatos), None))
    if recurso is None:
        return Desfecho(_S.GUIA_INEXISTENTE, alvo)
    numero = numeros.formatar(recurso.numero, contexto.operadora.largura_do_recurso)
    completo = alvo._replace(
        numero_prestador=recurso.numero_guia, protocolo=alvo.protocolo or numero
    )
    if recurso.status is _CANCELADO:
        return Desfecho(_S.CANCELADO, completo)
    linhas = recursos.linhas(conn, recurso.protocolo_id)
    if _CANCELADO not in CICLO[recurso.status] or any(x.estado.decidido for x in linhas):
        return Desfecho(_S.NAO_CANCELADO, completo)
    protocolos.transitar(
        conn, recurso.protocolo_id, _CANCELADO, quem, "recurso cancelado", agora=contexto.agora
    )
    decisoes_de_recurso.cancelar(conn, recurso)
    decisoes_de_recurso.avancar(conn, recurso)
    return Desfecho(_S.CANCELADO, completo)


def _candidatos(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvo: AlvoGuia
) -> list[Recurso]:
    if alvo.numero_prestador is None:
        return []
    return list(
        recursos.do_numero_da_guia(conn, contexto.operadora.id, de_quem, alvo.numero_prestador)
    )
