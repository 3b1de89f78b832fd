"""O repasse de uma mensagem já conferida ao sistema da operadora que responde o serviço."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros
from dominio.competencia import agora
from dominio.versoes import ordem
from handlers.repasse.nucleo import Desfecho, Nucleo, NucleoFalhou
from handlers.repasse.recorte import envelope_novo, recortar
from handlers.repasse.resposta import Conferida, Esperado, conferir
from mensagem.recusa import Recusa, RegraRecusada
from persistence import mensagens, repasses

if TYPE_CHECKING:
    from dominio.erros import Erro
    from handlers.andamento import Andamento
    from handlers.repasse.recorte import Envelope
    from persistence.banco import Banco

_COM_MENSAGEM_DE_ERRO = (4,)
"""Versão a partir da qual a tabela 38 tem o código do tempo esgotado, 3160."""
_FOLGA = timedelta(seconds=60)
"""O que uma marca vale além do prazo da chamada: conferir e gravar também demoram."""
_log = structlog.get_logger("repasse")


class Repassada(NamedTuple):
    """O que responder a quem perguntou.

    Attributes:
        mensagem: bytes do elemento de resposta.
        repetida: se é a resposta que a mesma mensagem já teve.
    """

    mensagem: bytes
    repetida: bool = False


class Repasse:
    """Repassa mensagens, ou manda cópia delas; usado por várias threads.

    Args:
        banco: arquivo e marcas do que está a caminho.
        nucleo: os sistemas da operadora.
    """

    def __init__(self, banco: Banco, nucleo: Nucleo) -> None:
        self._banco = banco
        self._nucleo = nucleo

    def atende(self, servico: str) -> bool:
        """Diz se o serviço é respondido por outro sistema."""
        return servico in self._nucleo.repassados

    def responder(self, a: Andamento) -> Repassada:
        """Repassa, confere a resposta e arquiva as duas.

        O que muda estado vai uma vez só: a mesma mensagem outra vez recebe a resposta guardada.
        Sem resposta que se possa guardar, não se sabe o que lá aconteceu, e a próxima vai de novo.

        Raises:
            Recusa: o sistema recusou, não respondeu ou respondeu errado; nada ficou guardado.
        """
        assert a.transacao is not None  # noqa: S101
        envelope = _envelope(a)
        if not a.transacao.muda_estado:
            conferida = self._chamar(a, envelope)
            linha = a.para_arquivo("respondida", conferida.mensagem, 200)
            with self._banco.escrita() as conn:
                mensagens.arquivar(conn, linha)
            return Repassada(conferida.mensagem)
        guardada = self._comecar(a)
        if guardada is not None:
            return guardada
        terminada = False
        try:
            conferida = self._chamar(a, envelope)
            feita = self._terminar(a, conferida)
            terminada = True
        finally:
            if not terminada:
                self._soltar(a)
        return feita

    def espelhar(self, a: Andamento) -> None:
        """Manda cópia de uma mensagem já respondida, se o serviço é espelhado; não espera."""
        assert a.transacao is not None  # noqa: S101
        assert a.versao is not None  # noqa: S101
        servico = a.transacao.servico
        if servico not in self._nucleo.espelhados:
            return
        try:
            self._nucleo.copiar(servico, a.versao, _envelope(a), a.pedido.id)
        except Exception as erro:  # noqa: BLE001 - a resposta já está gravada e tem de sair
            _log.error("cópia não feita", mensagem=a.pedido.id, causa=type(erro).__name__)

    # --- a chamada ----------------------------------------------------------------------------

    def _chamar(self, a: Andamento, envelope: Envelope) -> Conferida:
        """Chama e confere; não há transação aberta enquanto se espera."""
        esperado = _esperado(a)
        servico = esperado.transacao.servico
        inicio = time.perf_counter()
        desfecho = Desfecho.RESPONDIDA
        motivo: str | None = None
        lugares: tuple[str, ...] = ()
        try:
            resposta = self._nucleo.chamar(servico, esperado.versao, envelope, a.pedido.id)
            return conferir(resposta, esperado)
        except NucleoFalhou as falha:
            desfecho, motivo, lugares = falha.desfecho, falha.motivo, falha.lugares
            raise _sem_resposta(erros.REPASSE_SEM_RESPOSTA, esperado.versao) from None
        except Recusa:
            desfecho = Desfecho.FALHA
            raise
        finally:
            segundos = time.perf_counter() - inicio
            self._nucleo.anotar(servico, desfecho, segundos)
            a.repasse = {"desfecho": desfecho, "ms": round(segundos * 1000)}
            if motivo is not None:
                a.repasse["motivo"] = motivo
                _log.warning("repasse sem resposta", mensagem=a.pedido.id, **a.repasse)
            if lugares:
                a.repasse["lugares"] = list(lugares)

    # --- uma vez só ---------------------------------------------------------------------------

    def _comecar(self, a: Andamento) -> Repassada | None:
        """Marca a mensagem como a caminho, ou devolve a resposta que a mesma já teve."""
        chave = _chave(a)
        with self._banco.escrita() as conn:
            anterior = mensagens.executada(conn, *chave)
            if anterior is not None:
                assert anterior.resposta is not None  # noqa: S101 - só se guarda com resposta
                detalhes = {"repeticao_de": anterior.id}
                linha = a.para_arquivo("respondida", anterior.resposta, 200, detalhes=detalhes)
                mensagens.arquivar(conn, linha)
                return Repassada(anterior.resposta, repetida=True)
            prazo = timedelta(seconds=2 * self._nucleo.prazo(chave[1])) + _FOLGA
            instante = agora()
            if repasses.marcar(conn, *chave, a.pedido.id, agora=instante, ate=instante + prazo):
                return None
        raise _sem_resposta(erros.REPASSE_EM_CURSO, a.versao or "")

    def _terminar(self, a: Andamento, conferida: Conferida) -> Repassada:
        chave = _chave(a)
        with self._banco.escrita() as conn:
            repasses.soltar(conn, *chave, a.pedido.id)
            # um pedido não aceito não teve efeito: a próxima cópia pode ter outra resposta
            if not conferida.erro and not mensagens.reservar(conn, *chave, a.pedido.id):
                # a marca caducou e outra cópia acabou primeiro: vale a resposta que já saiu
                anterior = mensagens.executada(conn, *chave)
                if anterior is not None and anterior.resposta is not None:
                    conferida = Conferida(anterior.resposta, erro=False)
            mensagens.arquivar(conn, a.para_arquivo("respondida", conferida.mensagem, 200))
        return Repassada(conferida.mensagem)

    def _soltar(self, a: Andamento) -> None:
        try:
            with self._banco.escrita() as conn:
                repasses.soltar(conn, *_chave(a), a.pedido.id)
        except Exception as erro:  # noqa: BLE001 - a marca caduca sozinha
            _log.error("marca não tirada", mensagem=a.pedido.id, causa=type(erro).__name__)


def _envelope(a: Andamento) -> Envelope:
    assert a.recebida is not None  # noqa: S101
    return envelope_novo(recortar(a.pedido.dados, a.recebida))


def _esperado(a: Andamento) -> Esperado:
    assert a.transacao is not None  # noqa: S101
    assert a.versao is not None  # noqa: S101
    assert a.cabecalho is not None  # noqa: S101
    assert a.operadora is not None  # noqa: S101
    assert a.prestador is not None  # noqa: S101
    return Esperado(a.transacao, a.versao, a.cabecalho, a.operadora, a.prestador)


def _chave(a: Andamento) -> tuple[int, str, str]:
    assert a.transacao is not None  # noqa: S101
    assert a.prestador is not None  # noqa: S101
    return a.prestador.id, a.transacao.servico, a.sha256


def _sem_resposta(erro: Erro, versao: str) -> Recusa:
    """``mensagemErro`` onde a versão tem código para isso; antes, falha."""
    tem_codigo = ordem(versao) >= _COM_MENSAGEM_DE_ERRO
    return RegraRecusada(erro) if tem_codigo else Recusa(erro)
