"""O que se faz de uma mensagem já lida, numa thread: as regras HTTP do corpo e o serviço SOAP."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros
from dominio.transacoes import TRANSACOES
from gateway import metricas, soap
from gateway.corpo import conteudo, descomprimir
from gateway.leitor import TENTE_LOGO
from gateway.recebidas import anotar
from gateway.respostas import tente_em
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dominio.transacoes import Transacao
    from handlers.andamento import Pedido, Resultado
    from handlers.recepcao import Recepcao

_log = structlog.get_logger("porta")
_conteudo = lru_cache(maxsize=64)(conteudo)


class Resposta(NamedTuple):
    """A resposta HTTP a uma mensagem.

    Attributes:
        status: situação HTTP.
        corpo: bytes.
        cabecalhos: os que a mensagem decide.
    """

    status: int
    corpo: bytes
    cabecalhos: list[tuple[bytes, bytes]]


class Atendimento:
    """Atende mensagens; usado por várias threads.

    Args:
        recepcao: quem as recebe.
    """

    def __init__(self, recepcao: Recepcao) -> None:
        self._recepcao = recepcao
        self._servicos = {t.servico: soap.Servico(t, recepcao.receber) for t in TRANSACOES}

    def atender(
        self, pedido: Pedido, corpo: bytes, cabecalhos: Mapping[bytes, bytes], limite: int
    ) -> Resposta:
        """Recebe uma mensagem.

        Args:
            pedido: sem os seus bytes.
            corpo: como chegou.
            cabecalhos: os do HTTP.
            limite: bytes que se aceitam depois de descomprimir.
        """
        inicio = time.perf_counter()
        metricas.EM_CURSO.inc()
        try:
            resultado, resposta = self._responder(pedido, corpo, cabecalhos, limite)
        except Exception as erro:  # noqa: BLE001 - nem um defeito da moldura dá um 500 sem corpo
            _log.error("erro na porta", correlacao=pedido.id, causa=type(erro).__name__)
            resultado = self._recepcao.recusar(pedido, Recusa(erros.INESPERADO))
            resposta = _falha(resultado)
        finally:
            metricas.EM_CURSO.dec()
        anotar(pedido, resultado, time.perf_counter() - inicio, len(corpo))
        return resposta

    def recusar(self, pedido: Pedido, recusa: Recusa) -> Resposta:
        """Recusa o que chegou de uma mensagem que não se leu inteira."""
        inicio = time.perf_counter()
        resultado = self._recepcao.recusar(pedido, recusa)
        anotar(pedido, resultado, time.perf_counter() - inicio, len(pedido.dados))
        return _falha(resultado)

    def _responder(
        self, pedido: Pedido, corpo: bytes, cabecalhos: Mapping[bytes, bytes], limite: int
    ) -> tuple[Resultado, Resposta]:
        try:
            if pedido.transacao is None:
                raise Recusa(erros.SERVICO_DESCONHECIDO)
            declarado = _conteudo(cabecalhos.get(b"content-type", b"").decode("latin-1"))
            codificacao = cabecalhos.get(b"content-encoding", b"").decode("latin-1")
            dados = descomprimir(corpo, codificacao, limite)
        except Recusa as recusa:
            resultado = self._recepcao.recusar(pedido._replace(dados=corpo), recusa)
            return resultado, _falha(resultado)
        pronto = pedido._replace(dados=dados, charset=declarado.charset)
        return self._chamar(pedido.transacao, pronto)

    def _chamar(self, transacao: Transacao, pedido: Pedido) -> tuple[Resultado, Resposta]:
        resultado, corpo = self._servicos[transacao.servico].atender(pedido)
        return resultado, _resposta(resultado, corpo)


def _falha(resultado: Resultado) -> Resposta:
    return _resposta(resultado, resultado.corpo)


def _resposta(resultado: Resultado, corpo: bytes) -> Resposta:
    tipo = (b"content-type", soap.tipo_de_conteudo(resultado.soap).encode())
    return Resposta(resultado.http, corpo, [tipo, *_quando_voltar(resultado)])


def _quando_voltar(resultado: Resultado) -> list[tuple[bytes, bytes]]:
    if resultado.tente_em is not None:
        return [tente_em(resultado.tente_em)]
    return [TENTE_LOGO] if resultado.http == 503 else []
