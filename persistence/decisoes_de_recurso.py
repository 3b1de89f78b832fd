"""O que muda num recurso depois de registrado: respostas, fecho, reabertura, cancelamento."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, update

from dominio.dinheiro import ZERO
from dominio.eventos import RECURSO_RESPONDIDO
from dominio.recurso import Estado
from persistence import alteracoes, tabelas, webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from persistence.recursos_valores import Linha, Recurso

_r = tabelas.recurso.c
_n = tabelas.recurso_linha.c
_a = tabelas.recurso_parcela.c
_p = tabelas.protocolo.c


def responder(conn: Connection, linha: Linha, *, quem: str, agora: datetime) -> None:
    """Grava a resposta de uma linha, com as parcelas como a linha as traz; pode-se repetir."""
    conn.execute(
        update(tabelas.recurso_linha)
        .where(_n.id == linha.id)
        .values(
            estado=linha.estado.value,
            acatado=linha.acatado,
            resposta=linha.resposta,
            decidida_em=agora,
            decidida_por=quem,
        )
    )
    for ordem, parcela in enumerate(linha.parcelas, 1):
        conn.execute(
            update(tabelas.recurso_parcela)
            .where(_a.linha_id == linha.id, _a.ordem == ordem)
            .values(acatado=parcela.acatado)
        )


def analisar(conn: Connection, recurso_id: int) -> None:
    """As linhas por responder passam a em análise."""
    conn.execute(
        update(tabelas.recurso_linha)
        .where(_n.recurso_id == recurso_id, _n.estado == Estado.PROTOCOLADO.value)
        .values(estado=Estado.EM_ANALISE.value)
    )


def fechar(conn: Connection, recurso: Recurso, acatado: Decimal, *, agora: datetime) -> None:
    """Mostra ao prestador o que se respondeu e solta o que não se acatou."""
    conn.execute(
        update(tabelas.recurso_linha)
        .where(_n.recurso_id == recurso.protocolo_id)
        .values(aberta=False)
    )
    _valores(conn, recurso, recurso.recursado, acatado, visivel=True)
    webhooks.anotar(
        conn,
        recurso.operadora_id,
        RECURSO_RESPONDIDO,
        recurso.numero,
        em=agora,
        para=recurso.status,
        homologacao=recurso.homologacao,
    )


def reabrir(conn: Connection, recurso: Recurso) -> None:
    """Volta a prender tudo o que se contesta; as respostas ficam, para se corrigirem."""
    conn.execute(
        update(tabelas.recurso_linha)
        .where(_n.recurso_id == recurso.protocolo_id)
        .values(aberta=True)
    )
    _valores(conn, recurso, ZERO, ZERO, visivel=False)


def cancelar(conn: Connection, recurso: Recurso) -> None:
    """Solta tudo o que o recurso prende, e o seu número."""
    conn.execute(
        update(tabelas.recurso_linha)
        .where(_n.recurso_id == recurso.protocolo_id)
        .values(aberta=False, estado=Estado.CANCELADO.value)
    )
    conn.execute(
        update(tabelas.recurso)
        .where(_r.protocolo_id == recurso.protocolo_id)
        .values(vivo=False, revisao=recurso.revisao + 1)
    )


def avancar(conn: Connection, recurso: Recurso) -> Recurso:
    """Passa o recurso à revisão seguinte."""
    nova = recurso.revisao + 1
    conn.execute(
        update(tabelas.recurso).where(_r.protocolo_id == recurso.protocolo_id).values(revisao=nova)
    )
    alteracoes.marcar_alterado(conn, recurso.protocolo_id)
    return recurso._replace(revisao=nova)


def anotar(
    conn: Connection, recurso: Recurso, frases: Sequence[str], *, quem: str, agora: datetime
) -> None:
    """Põe no histórico o que se respondeu, sem mudar a situação."""
    conn.execute(
        insert(tabelas.historico),
        [
            {
                "protocolo_id": recurso.protocolo_id,
                "em": agora,
                "de": int(recurso.status),
                "para": int(recurso.status),
                "quem": quem,
                "motivo": frase,
            }
            for frase in frases
        ],
    )


def _valores(
    conn: Connection, recurso: Recurso, processado: Decimal, acatado: Decimal, *, visivel: bool
) -> None:
    conn.execute(
        update(tabelas.protocolo)
        .where(_p.id == recurso.protocolo_id)
        .values(
            processado=processado,
            liberado=acatado,
            glosa=processado - acatado,
            analise_visivel=visivel,
        )
    )
    alteracoes.marcar_alterado(conn, recurso.protocolo_id)
