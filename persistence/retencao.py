"""O expurgo: apaga os bytes de mensagens cujo prazo de guarda venceu; a linha e as provas ficam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, delete, false, literal, null, or_, select, true, update

from dominio.situacao import StatusProtocolo
from persistence import tabelas

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Row

ENCERRADOS = (
    StatusProtocolo.ENCERRADO_SEM_PAGAMENTO,
    StatusProtocolo.PAGO,
    StatusProtocolo.CANCELADO,
)
"""Situações em que um protocolo já não segura a mensagem que o trouxe."""

_m = tabelas.mensagem.c
_f = tabelas.folha.c
_p = tabelas.protocolo.c
_d = tabelas.documento.c
_x = tabelas.execucao.c


class Prazos(NamedTuple):
    """Quanto tempo se guardam os bytes de uma mensagem.

    Attributes:
        respondidas: das que tiveram resposta.
        recusadas: das recusadas, ou que falharam, depois de autenticado quem enviou.
        desconhecidas: das recusadas antes disso.
    """

    respondidas: timedelta
    recusadas: timedelta
    desconhecidas: timedelta


def expurgar(conn: Connection, agora: datetime, prazos: Prazos, limite: int) -> int:
    """Apaga os bytes das mensagens mais velhas com prazo vencido.

    Só das seladas, e nunca das que trouxeram um protocolo ainda em aberto ou documentos dele. O
    que se expurga deixa de ser reconhecido como a mesma mensagem: já não há a resposta a repetir.

    Args:
        conn: a transação.
        agora: instante de que se contam os prazos.
        prazos: de cada tipo.
        limite: quantas mensagens no máximo.

    Returns:
        Quantas se expurgaram; menos que o limite quando não há mais.
    """
    aberto = _p.status.not_in([int(s) for s in ENCERRADOS])
    documentos = tabelas.documento.join(tabelas.protocolo, _p.id == _d.protocolo_id)
    consulta = (
        select(_m.id, _m.prestador_id, _m.servico, _m.sha256)
        .where(
            _m.expurgada_em.is_(None),
            select(_f.id).where(_f.mensagem_id == _m.id, _f.selo.is_not(None)).exists(),
            # um NOT IN leria todos os protocolos em aberto a cada vez
            ~select(_p.id).where(_p.mensagem_id == _m.id, aberto).exists(),
            ~select(_d.id).select_from(documentos).where(_d.mensagem_id == _m.id, aberto).exists(),
        )
        .order_by(_m.recebida_em)
    )
    vencidas: list[Row[Any]] = []
    # um tipo de cada vez: cada um tem o seu índice, e lê só o que já venceu
    for condicao in _vencidas(agora, prazos):
        if faltam := limite - len(vencidas):
            vencidas.extend(conn.execute(consulta.where(condicao).limit(faltam)))
    if not vencidas:
        return 0
    conn.execute(
        update(tabelas.mensagem)
        .where(_m.id.in_([v.id for v in vencidas]))
        .values(pedido=null(), resposta=null(), expurgada_em=agora)
    )
    for vencida in vencidas:
        conn.execute(
            delete(tabelas.execucao).where(
                _x.prestador_id == vencida.prestador_id,
                _x.servico == vencida.servico,
                _x.sha256 == vencida.sha256,
                _x.mensagem_id == vencida.id,
            )
        )
    return len(vencidas)


def tipo(desfecho: str, autenticada: bool | None, prestador_id: int | None) -> str:
    """O campo de ``Prazos`` que vale para uma mensagem."""
    if desfecho == "respondida":
        return "respondidas"
    # das linhas de antes de se guardar isto, vale o prestador que se achou
    conhecida = prestador_id is not None if autenticada is None else autenticada
    return "recusadas" if conhecida else "desconhecidas"


def _vencidas(agora: datetime, prazos: Prazos) -> tuple[ColumnElement[bool], ...]:
    """O que já passou do prazo, de cada tipo."""
    # das linhas de antes de se guardar isto, vale o prestador que se achou
    desconhecida = or_(
        _m.autenticada == false(), and_(_m.autenticada.is_(None), _m.prestador_id.is_(None))
    )
    conhecida = or_(
        _m.autenticada == true(), and_(_m.autenticada.is_(None), _m.prestador_id.is_not(None))
    )
    # escrito no comando, para que se veja que é a condição do índice
    respondida = literal("respondida", literal_execute=True)
    recusada = _m.desfecho != respondida
    return (
        and_(_m.desfecho == respondida, _m.recebida_em < agora - prazos.respondidas),
        and_(recusada, conhecida, _m.recebida_em < agora - prazos.recusadas),
        and_(recusada, desconhecida, _m.recebida_em < agora - prazos.desconhecidas),
    )
