"""Passar um protocolo a outra situação: o ciclo de vida, quem mudou, por quê e sobre o que viu.

Só as passagens que não mexem em valores nem em pagamentos; as outras são da análise e do
pagamento, que mudam a situação junto com o que ela significa.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    PASSAGEM_DA_ANALISE,
    PASSAGEM_DA_LIBERACAO,
    PASSAGEM_DA_REABERTURA,
    PASSAGEM_DA_RETIRADA,
    PASSAGEM_DO_ESTORNO,
    PASSAGEM_DO_PAGAMENTO,
    PROTOCOLO_AUSENTE,
    SITUACAO,
)
from dominio.impedimentos_de_recurso import PASSAGEM_DO_RECURSO
from dominio.situacao import CICLO, StatusProtocolo
from handlers import da_operadora
from persistence import protocolos, recursos
from persistence.consultas import protocolos as lista

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.protocolos import Protocolo

_S = StatusProtocolo
_DE_OUTRO = {
    (_S.EM_ANALISE, _S.ANALISADO): PASSAGEM_DA_ANALISE,
    (_S.EM_ANALISE, _S.ENCERRADO_SEM_PAGAMENTO): PASSAGEM_DA_ANALISE,
    # encerrar um lote com valor liberado é analisá-lo de novo e nada liberar
    (_S.ANALISADO, _S.ENCERRADO_SEM_PAGAMENTO): PASSAGEM_DA_REABERTURA,
    (_S.ANALISADO, _S.EM_ANALISE): PASSAGEM_DA_REABERTURA,
    (_S.ENCERRADO_SEM_PAGAMENTO, _S.EM_ANALISE): PASSAGEM_DA_REABERTURA,
    (_S.ANALISADO, _S.LIBERADO): PASSAGEM_DA_LIBERACAO,
    (_S.LIBERADO, _S.ANALISADO): PASSAGEM_DA_RETIRADA,
    (_S.LIBERADO, _S.PAGO): PASSAGEM_DO_PAGAMENTO,
    (_S.PAGO, _S.LIBERADO): PASSAGEM_DO_ESTORNO,
}
"""Passagens do ciclo de vida que são de outro caso de uso."""


@dataclass(frozen=True, slots=True)
class Pedido:
    """O que se quer mudar.

    Attributes:
        operadora_id: a de quem pede.
        numero: do protocolo.
        para: situação nova.
        motivo: por quê, para o histórico.
        visto: a mudança sobre a qual se decidiu; ausente, seja qual for.
    """

    operadora_id: int
    numero: int
    para: StatusProtocolo
    motivo: str
    visto: int | None


@dataclass(frozen=True, slots=True)
class Mudada:
    """A situação nova e a mudança que ela é."""

    status: StatusProtocolo
    alteracao: int


def proprias(conn: Connection, protocolo: Protocolo) -> tuple[StatusProtocolo, ...]:
    """As situações a que ``mudar`` leva um protocolo agora, as que se oferecem a quem decide."""
    possiveis = []
    for para in sorted(CICLO[protocolo.status]):
        with suppress(Impedimento):
            _exigir_propria(conn, protocolo, para)
            possiveis.append(para)
    return tuple(possiveis)


def mudar(conn: Connection, pedido: Pedido, autor: Autor) -> Mudada:
    """Muda a situação na transação de quem chama; as guias não canceladas a seguem.

    Raises:
        Impedimento: não há o protocolo, mudou depois de visto, o ciclo não tem a passagem, ou ela
            é da análise ou do pagamento; a transação deve ser desfeita.
    """
    achado = lista.trancar(conn, pedido.operadora_id, pedido.numero)
    protocolo = protocolos.por_numero(conn, pedido.operadora_id, pedido.numero)
    if achado is None or protocolo is None:
        raise Impedimento(PROTOCOLO_AUSENTE, Lugar(pedido.numero))
    da_operadora.exigir_revisao(achado.alteracao, pedido.visto)
    _exigir_propria(conn, protocolo, pedido.para)
    da_operadora.transitar(conn, protocolo, pedido.para, pedido.motivo, autor)
    agora = lista.trancar(conn, pedido.operadora_id, pedido.numero)
    assert agora is not None  # noqa: S101 - a linha está trancada
    return Mudada(pedido.para, agora.alteracao)


def _exigir_propria(conn: Connection, protocolo: Protocolo, para: StatusProtocolo) -> None:
    lugar = Lugar(protocolo.numero)
    if protocolo.tipo == recursos.TIPO and _S.BLOQUEIO_JUDICIAL not in (protocolo.status, para):
        raise Impedimento(PASSAGEM_DO_RECURSO, lugar)
    motivo = _DE_OUTRO.get((protocolo.status, para))
    if motivo is not None:
        raise Impedimento(motivo, lugar)
    if protocolo.status is _S.BLOQUEIO_JUDICIAL:
        # por um bloqueio não se libera nem se retira o que a liberação não disse
        antes = protocolos.historico(conn, protocolo.id)[-1].de
        if para in (_S.ANALISADO, _S.LIBERADO) and antes is not None and para is not antes:
            detalhe = f"Do bloqueio volta-se a {int(antes)} ({antes.texto}), onde estava."
            raise Impedimento(SITUACAO, lugar, detalhe)
