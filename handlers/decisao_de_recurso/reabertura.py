"""Reabrir um recurso respondido, enquanto o que se acatou não está num pagamento."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import MOTIVO_AUSENTE
from dominio.impedimentos_de_recurso import (
    COM_PAGAMENTO,
    RECURSO_NAO_RESPONDIDO,
    SALDO_TOMADO,
)
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.decisao_de_recurso.decisao import atual, trancar, transitar
from persistence import decisoes_de_recurso, partes_pagas, recursos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.decisao_de_recurso.pedido import RecursoAtual
    from persistence.recursos_valores import Recurso

_S = StatusProtocolo
_MAIOR_MOTIVO = 500


def reabrir(
    conn: Connection,
    operadora_id: int,
    numero: int,
    autor: Autor,
    *,
    motivo: str,
    revisao: int | None = None,
) -> RecursoAtual:
    """Volta a analisar um recurso respondido; as respostas ficam, para se corrigirem.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    if not motivo.strip():
        raise Impedimento(MOTIVO_AUSENTE)
    da_operadora.conferir_texto(motivo, _MAIOR_MOTIVO)
    recurso = trancar(conn, operadora_id, numero)
    da_operadora.exigir_revisao(recurso.revisao, revisao)
    if recurso.status not in (_S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO):
        raise Impedimento(RECURSO_NAO_RESPONDIDO, Lugar(numero))
    if partes_pagas.guias_do_recurso(conn, recurso.protocolo_id):
        raise Impedimento(COM_PAGAMENTO, Lugar(numero))
    _conferir_saldo(conn, recurso)
    if recurso.status is _S.LIBERADO:
        recurso = transitar(conn, recurso, _S.ANALISADO, motivo, autor)
    recurso = transitar(conn, recurso, _S.EM_ANALISE, motivo, autor)
    decisoes_de_recurso.reabrir(conn, recurso)
    return atual(conn, decisoes_de_recurso.avancar(conn, recurso._replace(acatado=ZERO)))


def _conferir_saldo(conn: Connection, recurso: Recurso) -> None:
    """O que se tinha negado pode já estar noutro recurso."""
    linhas = recursos.linhas(conn, recurso.protocolo_id)
    if recursos.abertas(conn, recurso.original_id) & {linha.chave for linha in linhas}:
        raise Impedimento(SALDO_TOMADO, Lugar(recurso.numero))
    livres = recursos.saldos_do_protocolo(conn, recurso.original_id)
    for linha in linhas:
        for parcela in linha.parcelas:
            falta = parcela.recursado - (parcela.acatado or ZERO)
            if falta > livres[parcela.unidade].livre:
                raise Impedimento(SALDO_TOMADO, Lugar(recurso.numero))
            antes = livres[parcela.unidade]
            livres[parcela.unidade] = antes._replace(preso=antes.preso + falta)
