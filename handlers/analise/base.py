"""O que registrar, finalizar e reabrir têm em comum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.analise import Valores
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import ANALISE_FINALIZADA
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.analise.pedido import AnaliseAtual
from persistence import analises

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.analises import Analise
    from persistence.protocolos import Protocolo

_S = StatusProtocolo
MAIOR_OBSERVACAO = 500


def em_curso(conn: Connection, protocolo: Protocolo, autor: Autor) -> tuple[Protocolo, Analise]:
    """A análise em curso do protocolo, começada agora se não havia.

    Raises:
        Impedimento: já se finalizou, ou a situação do protocolo não deixa analisar.
    """
    analise = analises.viva(conn, protocolo.id)
    if analise is not None and analise.estado == analises.FINALIZADA:
        raise Impedimento(ANALISE_FINALIZADA, Lugar(protocolo.numero))
    da_operadora.exigir_situacao(protocolo, _S.RECEBIDO, _S.EM_ANALISE)
    if protocolo.status is _S.RECEBIDO:
        protocolo = da_operadora.transitar(
            conn, protocolo, _S.EM_ANALISE, "análise iniciada", autor
        )
    return protocolo, analise or analises.abrir(
        conn, protocolo.operadora_id, protocolo.id, autor.quem, autor.agora
    )


def recusar_se(ruins: Iterable[Impedimento]) -> None:
    """Levanta o primeiro dos impedimentos, com os outros junto, se há algum.

    Raises:
        Impedimento: há.
    """
    todos = tuple(ruins)
    if todos:
        raise Impedimento(todos[0].motivo, todos[0].lugar, todos[0].detalhe, todos[1:])


def resposta(protocolo: Protocolo, analise: Analise, *, repetido: bool = False) -> AnaliseAtual:
    """Em que pé a análise do protocolo está."""
    valores = Valores(
        protocolo.informado, protocolo.processado, protocolo.liberado, protocolo.glosa
    )
    return AnaliseAtual(
        protocolo.numero,
        protocolo.status,
        analise.estado,
        analise.revisao,
        analise.rodada,
        valores,
        repetido,
    )
