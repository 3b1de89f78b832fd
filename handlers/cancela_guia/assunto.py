"""As três partes do assunto cancelamento: ler, executar, escrever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.versoes import ordem
from handlers.cancela_guia import leitura
from handlers.cancela_guia.caso import cancelar
from handlers.cancela_guia.pedido import AlvoGuia, AlvoLote, PedidoDeCancelamento, Recibo
from mensagem.escrita import elemento, opcional
from mensagem.partes import contratado

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from dominio.cancelamento import StatusCancelamento
    from handlers.contexto import Contexto

_SO_GUIAS = (3, 5, 0)
"""Até esta versão o recibo só tem guias, com o tipo depois do número."""


class CancelaGuia:
    """``tissCancelaGuia``: responde ``reciboCancelaGuia``."""

    servico = "tissCancelaGuia"

    def ler(self, corpo: etree._Element) -> PedidoDeCancelamento:
        """Lê o que se quer cancelar."""
        return leitura.ler(corpo)

    def executar(
        self, conn: Connection, contexto: Contexto, pedido: PedidoDeCancelamento
    ) -> Recibo:
        """Cancela."""
        return cancelar(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Recibo) -> str:
        """``reciboCancelaGuia`` com o que foi do lote ou de cada guia."""
        versao = contexto.versao
        so_guias = ordem(versao) <= _SO_GUIAS
        guias: list[str] = []
        retorno: str | None = None
        for status, alvo in resposta.desfechos:
            if isinstance(alvo, AlvoLote):
                retorno = _lote(alvo, status.em(versao))
            else:
                escrever_guia = _guia_antiga if so_guias else _guia
                guias.append(escrever_guia(alvo, status.em(versao)))
        if retorno is None:
            retorno = elemento("guiasCanceladas", *guias)
        return elemento(
            "reciboCancelaGuia",
            elemento(
                "reciboCancelaGuia",
                elemento("registroANS", texto=contexto.operadora.registro_ans),
                contratado(resposta.prestador, contexto.prestador.nome, versao),
                retorno if so_guias else elemento("retornoStatus", retorno),
            ),
        )


def _lote(alvo: AlvoLote, status: StatusCancelamento) -> str:
    return elemento(
        "loteCancelado",
        elemento("numeroLote", texto=alvo.numero),
        opcional("numeroprotocolo", alvo.protocolo),
        _status(status),
    )


def _guia(alvo: AlvoGuia, status: StatusCancelamento) -> str:
    return elemento(
        "dadosGuia",
        elemento("tipoGuia", texto=alvo.natureza.value),
        # 4.00.00 deixa pedir só pelo número da operadora, e o recibo não deixa calar o outro
        elemento("numeroGuiaPrestador", texto=alvo.numero_prestador or alvo.numero_operadora),
        opcional("numeroGuiaOperadora", alvo.numero_operadora),
        opcional("numeroProtocolo", alvo.protocolo),
        _status(status),
    )


def _guia_antiga(alvo: AlvoGuia, status: StatusCancelamento) -> str:
    return elemento(
        "dadosGuia",
        elemento("numeroGuiaPrestador", texto=alvo.numero_prestador),
        elemento("tipoGuia", texto=alvo.natureza.value),
        _status(status),
    )


def _status(status: StatusCancelamento) -> str:
    return elemento("statusCancelamento", texto=str(int(status)))
