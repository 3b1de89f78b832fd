"""Os assuntos de verdade, embrulhados pelos cenários.

Ler, conferir, gravar e escrever continuam a ser dos assuntos; daqui vem só o que a operadora
decidiria: recusar, falhar, demorar, analisar, pagar.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from dominio import erros
from dominio.analise import Glosa
from dominio.situacao import StatusProtocolo
from gateway.simulador import cadastro, cenarios
from gateway.simulador.cenarios import Cenario
from handlers import analise
from handlers.analise import (
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.da_operadora import Autor
from mensagem.recusa import Recusa, RegraRecusada
from persistence import protocolos

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from gateway.simulador.roteiro import Roteiro
    from handlers.contexto import Assunto, Contexto
    from handlers.lote_guias.caso import PedidoDeLote, Recibo
    from handlers.pergunta import PedidoDeStatus
    from handlers.status_protocolo.caso import Situacao
    from mensagem.resposta import Corpo
    from persistence.banco import Banco
    from persistence.protocolos import Protocolo

QUEM = "simulador"
"""Autor das passagens no histórico; o motivo da primeira é o nome do cenário."""

_RECUSAS = {
    Cenario.DUPLICIDADE: erros.LOTE_REPETIDO,
    Cenario.CARTEIRA_VENCIDA: cenarios.CARTEIRA_VENCIDA,
    Cenario.FORA_DO_PRAZO: cenarios.FORA_DO_PRAZO,
}
_SEGUINTE = {
    StatusProtocolo.EM_ANALISE: StatusProtocolo.ANALISADO,
    StatusProtocolo.ANALISADO: StatusProtocolo.LIBERADO,
    StatusProtocolo.LIBERADO: StatusProtocolo.PAGO,
}
_CENTAVO = Decimal("0.01")
_CODIGO = "1705"
"""Valor apresentado a maior."""


class LoteSimulado:
    """``tissLoteGuias`` com cenário.

    Args:
        de_verdade: o assunto que recebe os lotes.
        roteiro: memória do simulador.
        padrao: cenário de quem não escolhe nenhum.
    """

    def __init__(self, de_verdade: Assunto, roteiro: Roteiro, padrao: Cenario) -> None:
        self.servico = de_verdade.servico
        self._de_verdade = de_verdade
        self._roteiro = roteiro
        self._padrao = padrao

    def ler(self, corpo: etree._Element) -> Any:
        """Lê o lote."""
        return self._de_verdade.ler(corpo)

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeLote) -> Recibo:
        """Recusa, falha ou recebe o lote, conforme o cenário.

        Raises:
            Recusa: o cenário é de falha, ou o cabeçalho pede um que não há.
            RegraRecusada: o cenário é de recusa, ou uma regra de verdade não aceita.
        """
        numero = pedido.lote.numero
        cenario = (
            self._roteiro.pedido(contexto.mensagem_id) or cenarios.do_lote(numero) or self._padrao
        )
        _falhar(self._roteiro, cenario, contexto, self.servico, numero)
        if cenario in _RECUSAS:
            raise RegraRecusada(_RECUSAS[cenario], f"Lote {numero}.")
        recibo = self._receber(conn, contexto, pedido)
        protocolo = protocolos.por_numero(conn, contexto.operadora.id, recibo.protocolo)
        if protocolo is not None and protocolo.status is StatusProtocolo.RECEBIDO:
            protocolos.transitar(
                conn, protocolo.id, StatusProtocolo.EM_ANALISE, QUEM, cenario, agora=contexto.agora
            )
        return recibo

    def escrever(self, contexto: Contexto, resposta: Recibo) -> Corpo:
        """O recibo."""
        return self._de_verdade.escrever(contexto, resposta)

    def _receber(self, conn: Connection, contexto: Contexto, pedido: PedidoDeLote) -> Recibo:
        try:
            recibo: Recibo = self._de_verdade.executar(conn, contexto, pedido)
        except RegraRecusada as recusa:
            if recusa.erro not in (erros.EXECUTANTE_DESCONHECIDO, erros.EXECUTANTE_ALHEIO):
                raise
            cadastro.permitir_executantes(conn, contexto.prestador, pedido.lote)
            recibo = self._de_verdade.executar(conn, contexto, pedido)
        return recibo


class StatusSimulado:
    """``tissSolicitacaoStatusProtocolo`` em que cada consulta faz o protocolo andar.

    Args:
        de_verdade: o assunto que responde.
        roteiro: memória do simulador.
        banco: para fazer andar numa transação de escrita; a da consulta é só de leitura.
    """

    def __init__(self, de_verdade: Assunto, roteiro: Roteiro, banco: Banco) -> None:
        self.servico = de_verdade.servico
        self._de_verdade = de_verdade
        self._roteiro = roteiro
        self._banco = banco

    def ler(self, corpo: etree._Element) -> Any:
        """Lê a pergunta."""
        return self._de_verdade.ler(corpo)

    def executar(
        self, _leitura: Connection, contexto: Contexto, pedido: PedidoDeStatus
    ) -> Situacao:
        """Responde a situação e passa o protocolo à seguinte.

        Raises:
            Recusa: o cabeçalho pede um cenário de falha, ou um que não há.
        """
        cenario = self._roteiro.pedido(contexto.mensagem_id)
        _falhar(self._roteiro, cenario, contexto, self.servico, pedido.numero)
        with self._banco.escrita() as conn:
            situacao = self._consultar(conn, contexto, pedido)
            if situacao.protocolo is not None:
                _andar(conn, situacao.protocolo, contexto)
        return situacao

    def escrever(self, contexto: Contexto, resposta: Situacao) -> Corpo:
        """A situação."""
        return self._de_verdade.escrever(contexto, resposta)

    def _consultar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
        situacao: Situacao = self._de_verdade.executar(conn, contexto, pedido)
        origem = contexto.cabecalho.origem
        if situacao.protocolo is not None or origem is None or origem == pedido.prestador:
            return situacao
        # quem se credenciou sozinho tem uma só identificação, e dadosPrestador pode trazer outra
        pela_origem: Situacao = self._de_verdade.executar(
            conn, contexto, pedido._replace(prestador=origem)
        )
        return pela_origem._replace(prestador=pedido.prestador)


def _falhar(
    roteiro: Roteiro, cenario: Cenario | None, contexto: Contexto, servico: str, numero: str
) -> None:
    match cenario:
        case Cenario.LENTA:
            roteiro.atrasar(contexto.mensagem_id)
        case Cenario.FALHA_PERMANENTE:
            raise Recusa(erros.INESPERADO, f"Cenário {cenario} do simulador.")
        case Cenario.FALHA_TRANSITORIA:
            if roteiro.primeira_vez(contexto.prestador.id, servico, numero):
                raise Recusa(erros.INESPERADO, f"Cenário {cenario} do simulador.")


def _andar(conn: Connection, protocolo: Protocolo, contexto: Contexto) -> None:
    seguinte = _SEGUINTE.get(protocolo.status)
    if seguinte is None or protocolo.lote_id is None:
        return
    if seguinte is StatusProtocolo.ANALISADO:
        _analisar(conn, protocolo, Autor(QUEM, contexto.agora))
    else:
        protocolos.transitar(conn, protocolo.id, seguinte, QUEM, agora=contexto.agora)


def _cenario(conn: Connection, protocolo: Protocolo) -> Cenario | None:
    motivos = (p.motivo for p in protocolos.historico(conn, protocolo.id) if p.quem == QUEM)
    return next((Cenario(motivo) for motivo in motivos if motivo), None)


def _analisar(conn: Connection, protocolo: Protocolo, autor: Autor) -> None:
    if _cenario(conn, protocolo) is Cenario.GLOSA_PARCIAL:
        pedido = PedidoDeRegistro(
            protocolo.numero, f"simulador {protocolo.id}", _glosa_parcial(conn, protocolo)
        )
        analise.registrar(conn, protocolo.operadora_id, pedido, autor)
    pedido_final = PedidoDeFinalizacao(protocolo.numero, completar=True)
    analise.finalizar(conn, protocolo.operadora_id, pedido_final, autor)


def _glosa_parcial(conn: Connection, protocolo: Protocolo) -> tuple[ResultadoDeGuia, ...]:
    """Metade do primeiro item com valor, para cima até o centavo."""
    for item in protocolos.itens(conn, protocolo.lote_id or 0):
        valor = item.item.valor_total
        if valor > 0:
            metade = (valor / 2).quantize(_CENTAVO, ROUND_UP)
            resultado = ResultadoDeItem(
                valor, valor - metade, item.posicao, glosas=(Glosa(_CODIGO, metade),)
            )
            return (ResultadoDeGuia(QualGuia(item.guia_posicao), (resultado,)),)
    return ()
