"""Cancelar um lote ou guias: só o que é do prestador, e só enquanto o ciclo de vida deixa.

Repetir um cancelamento do mesmo alvo responde de novo que está cancelado. Um protocolo dito
prende o alvo: nunca se cancela outro lote que depois tenha tomado o mesmo número.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dominio import erros, numeros
from dominio.cancelamento import NaturezaGuia, StatusCancelamento
from dominio.erros_de_documentos import SEM_IDENTIFICADOR
from dominio.situacao import CICLO, StatusProtocolo
from dominio.textos import cabe_em_latin1
from handlers.alcance import prestadores_ditos
from handlers.cancela_guia import recursos
from handlers.cancela_guia.pedido import (
    AlvoGuia,
    AlvoLote,
    Desfecho,
    PedidoDeCancelamento,
    Recibo,
)
from mensagem.recusa import RegraRecusada
from persistence import cancelamentos, protocolos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from persistence.cancelamentos import GuiaAlvo, LoteAlvo

QUEM = "prestador"
"""Autor das passagens no histórico."""
_S = StatusCancelamento
_CANCELADO = StatusProtocolo.CANCELADO


def cancelar(conn: Connection, contexto: Contexto, pedido: PedidoDeCancelamento) -> Recibo:
    """Cancela o que se pede e diz o que foi de cada alvo.

    Raises:
        RegraRecusada: um identificador não se pode repetir na resposta, ou falta o da guia.
    """
    _conferir(pedido)
    de_quem = prestadores_ditos(conn, contexto, pedido.prestador)
    if pedido.lote is not None:
        desfecho = _cancelar_lote(conn, contexto, de_quem, pedido.lote)
        return Recibo(pedido.prestador, (desfecho,))
    return Recibo(pedido.prestador, _cancelar_guias(conn, contexto, de_quem, pedido.guias))


def _conferir(pedido: PedidoDeCancelamento) -> None:
    for guia in pedido.guias:
        if guia.numero_prestador is None and guia.numero_operadora is None:
            raise RegraRecusada(SEM_IDENTIFICADOR, "Falta numeroGuiaPrestador.")
    alvos: list[AlvoLote | AlvoGuia] = [*pedido.guias]
    if pedido.lote is not None:
        alvos.append(pedido.lote)
    for alvo in alvos:
        if not all(cabe_em_latin1(valor) for valor in alvo if valor is not None):
            raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: número a cancelar.")


# --- lote -----------------------------------------------------------------------------------------


def _cancelar_lote(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvo: AlvoLote
) -> Desfecho:
    achado = _achar_lote(conn, contexto, de_quem, alvo)
    if not isinstance(achado, StatusCancelamento):
        cancelamentos.trancar(conn, [achado.protocolo_id])
        # outro pedido pode ter mudado tudo enquanto se esperava
        achado = _achar_lote(conn, contexto, de_quem, alvo)
    if isinstance(achado, StatusCancelamento):
        return Desfecho(achado, alvo)
    completo = alvo._replace(protocolo=alvo.protocolo or _numero(contexto, achado))
    if achado.status is _CANCELADO:
        return Desfecho(_S.CANCELADO, completo)
    guias = (g for g in cancelamentos.guias_do_lote(conn, achado) if g is not _CANCELADO)
    if not all(_CANCELADO in CICLO[status] for status in (achado.status, *guias)):
        return Desfecho(_S.NAO_CANCELADO, completo)
    protocolos.transitar(
        conn, achado.protocolo_id, _CANCELADO, QUEM, "lote cancelado", agora=contexto.agora
    )
    return Desfecho(_S.CANCELADO, completo)


def _achar_lote(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvo: AlvoLote
) -> LoteAlvo | StatusCancelamento:
    operadora = contexto.operadora.id
    if alvo.protocolo is not None:
        achado = _do_protocolo(conn, contexto, de_quem, alvo.protocolo)
        if achado is None:
            return _S.PROTOCOLO_INEXISTENTE
        return achado if achado.lote == alvo.numero else _S.LOTE_INEXISTENTE
    achados = cancelamentos.lotes_de_numero(conn, operadora, de_quem, alvo.numero)
    if not achados:
        return _S.LOTE_INEXISTENTE
    vivos = [lote for lote in achados if lote.vivo]
    if len(vivos) > 1:
        # um CNPJ de vários códigos, sem login: não se escolhe por quem envia
        return _S.NAO_CANCELADO
    return vivos[0] if vivos else achados[0]


def _do_protocolo(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], dito: str
) -> LoteAlvo | None:
    numero = numeros.protocolo(dito)
    if numero is None:
        return None
    return cancelamentos.lote_de_protocolo(conn, contexto.operadora.id, de_quem, numero)


def _numero(contexto: Contexto, lote: LoteAlvo) -> str:
    return numeros.formatar(lote.protocolo, contexto.operadora.largura_protocolo)


# --- guias ----------------------------------------------------------------------------------------


def _cancelar_guias(
    conn: Connection,
    contexto: Contexto,
    de_quem: frozenset[int],
    alvos: Sequence[AlvoGuia],
) -> tuple[Desfecho, ...]:
    candidatas = _candidatas(conn, contexto, de_quem, alvos)
    trancar = {guia.do_lote.protocolo_id for guia in candidatas}
    for alvo in alvos:
        if alvo.natureza is NaturezaGuia.RECURSO:
            trancar |= recursos.trancaveis(conn, contexto, de_quem, alvo)
    if trancar:
        cancelamentos.trancar(conn, trancar)
        candidatas = _candidatas(conn, contexto, de_quem, alvos)
    do_alvo = _Escolha(conn, contexto, de_quem, candidatas)
    desfechos: list[Desfecho] = []
    a_cancelar: dict[LoteAlvo, list[int]] = defaultdict(list)
    for alvo in alvos:
        if alvo.natureza is NaturezaGuia.RECURSO:
            desfechos.append(recursos.cancelar(conn, contexto, de_quem, alvo, QUEM))
            continue
        escolhida = do_alvo.escolher(alvo)
        if isinstance(escolhida, StatusCancelamento):
            desfechos.append(Desfecho(escolhida, alvo))
            continue
        status = _S.CANCELADO
        if escolhida.status is not _CANCELADO:
            if _cancelavel(escolhida):
                a_cancelar[escolhida.do_lote].append(escolhida.posicao)
            else:
                status = _S.NAO_CANCELADO
        desfechos.append(Desfecho(status, _completo(contexto, alvo, escolhida)))
    for lote, posicoes in a_cancelar.items():
        cancelamentos.cancelar_guias(conn, lote, sorted(set(posicoes)), QUEM, agora=contexto.agora)
    return tuple(desfechos)


def _candidatas(
    conn: Connection, contexto: Contexto, de_quem: frozenset[int], alvos: Sequence[AlvoGuia]
) -> tuple[GuiaAlvo, ...]:
    # de solicitações ainda não se guarda nada que se possa cancelar
    de_cobranca = [a for a in alvos if a.natureza is NaturezaGuia.FATURAMENTO]
    return cancelamentos.guias_de_numeros(
        conn,
        contexto.operadora.id,
        de_quem,
        do_prestador=(a.numero_prestador for a in de_cobranca if a.numero_prestador is not None),
        da_operadora=(
            a.numero_operadora
            for a in de_cobranca
            if a.numero_prestador is None and a.numero_operadora is not None
        ),
    )


class _Escolha:
    """Qual das guias achadas é a que um alvo diz."""

    def __init__(
        self,
        conn: Connection,
        contexto: Contexto,
        de_quem: frozenset[int],
        candidatas: Sequence[GuiaAlvo],
    ) -> None:
        self._conn = conn
        self._contexto = contexto
        self._de_quem = de_quem
        self._por_numero: dict[str, list[GuiaAlvo]] = defaultdict(list)
        self._por_operadora: dict[str, list[GuiaAlvo]] = defaultdict(list)
        self._protocolos: dict[str, LoteAlvo | None] = {}
        for guia in candidatas:
            self._por_numero[guia.numero_prestador].append(guia)
            if guia.numero_operadora is not None:
                self._por_operadora[guia.numero_operadora].append(guia)

    def escolher(self, alvo: AlvoGuia) -> GuiaAlvo | StatusCancelamento:
        """A guia, ou a situação que diz por que não há uma."""
        achadas = self._do_alvo(alvo)
        if alvo.protocolo is not None:
            lote = self._lote(alvo.protocolo)
            if lote is None:
                return _S.PROTOCOLO_INEXISTENTE
            achadas = [g for g in achadas if g.do_lote.protocolo_id == lote.protocolo_id]
        vivas = [g for g in achadas if g.status is not _CANCELADO]
        cancelaveis = [g for g in vivas if _cancelavel(g)]
        if len(cancelaveis) > 1:
            # a mesma guia em dois lotes: sem o protocolo, cancelar seria adivinhar
            return _S.NAO_CANCELADO
        return next(iter([*cancelaveis, *vivas, *achadas]), _S.GUIA_INEXISTENTE)

    def _do_alvo(self, alvo: AlvoGuia) -> list[GuiaAlvo]:
        if alvo.natureza is not NaturezaGuia.FATURAMENTO:
            return []
        if alvo.numero_prestador is None:
            return self._por_operadora.get(alvo.numero_operadora or "", [])
        return [
            g
            for g in self._por_numero.get(alvo.numero_prestador, [])
            if None in (alvo.numero_operadora, g.numero_operadora)
            or alvo.numero_operadora == g.numero_operadora
        ]

    def _lote(self, dito: str) -> LoteAlvo | None:
        if dito not in self._protocolos:
            self._protocolos[dito] = _do_protocolo(self._conn, self._contexto, self._de_quem, dito)
        return self._protocolos[dito]


def _cancelavel(guia: GuiaAlvo) -> bool:
    return all(_CANCELADO in CICLO[status] for status in (guia.status, guia.do_lote.status))


def _completo(contexto: Contexto, alvo: AlvoGuia, guia: GuiaAlvo) -> AlvoGuia:
    return AlvoGuia(
        alvo.natureza,
        alvo.numero_prestador or guia.numero_prestador,
        alvo.numero_operadora or guia.numero_operadora,
        alvo.protocolo or _numero(contexto, guia.do_lote),
    )
