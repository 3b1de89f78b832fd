"""Onde o tempo vai: a recepção de um caso sob o cProfile, no próprio processo, sem HTTP."""

from __future__ import annotations

import cProfile
import io
import itertools
import pstats
import re
import uuid
from contextlib import nullcontext
from typing import TYPE_CHECKING

from bench import assinados, bancos
from bench.carga import RespostaErrada
from bench.casos import VERSAO, molde_de_lote, molde_de_status
from dominio.transacoes import POR_SERVICO
from gateway.aplicacao import ASSUNTOS
from handlers.andamento import Pedido
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.casos import Caso

_MOSTRADAS = 25
_PROTOCOLO = re.compile(rb"numeroProtocolo>([0-9]+)<")


def relatorio(caso: Caso, tipo: bancos.Tipo, mensagens: int) -> str:
    """Perfil de tantas mensagens de um caso: por tempo acumulado e por tempo próprio.

    O cProfile pesa nas chamadas de Python e não no que está em C: serve para achar onde olhar,
    não para dizer quanto custa.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RespostaErrada: se a recepção não respondeu com um protocolo.
    """
    with bancos.fabrica(tipo) as nova_url:
        url = nova_url()
        with assinados.exigidas(url) if caso.assinado else nullcontext():
            perfil = _perfilar(caso, url, mensagens)
    saida = io.StringIO()
    numeros = pstats.Stats(perfil, stream=saida)
    for ordem in ("cumulative", "tottime"):
        numeros.sort_stats(ordem).print_stats(_MOSTRADAS)
    return saida.getvalue()


def _perfilar(caso: Caso, url: str, mensagens: int) -> cProfile.Profile:
    banco = Banco.abrir(url)
    try:
        recepcao = Recepcao(banco, {a.servico: a for a in ASSUNTOS}, Credenciais(banco))
        proximo = _fabrica(caso, recepcao)
        _receber(recepcao, proximo())
        prontos = [proximo() for _ in range(mensagens)]
        perfil = cProfile.Profile()
        perfil.enable()
        for pedido in prontos:
            recepcao.receber(pedido)
        perfil.disable()
    finally:
        banco.fechar()
    return perfil


def _fabrica(caso: Caso, recepcao: Recepcao) -> Callable[[], Pedido]:
    numeros = itertools.count(1)
    molde = molde_de_lote(caso)
    if not caso.consulta:
        return lambda: _pedido(molde.com(next(numeros)), "tissLoteGuias")
    recibo = _receber(recepcao, _pedido(molde.com(next(numeros)), "tissLoteGuias"))
    pergunta = molde_de_status().com(int(recibo[1]))
    return lambda: _pedido(pergunta, "tissSolicitacaoStatusProtocolo")


def _receber(recepcao: Recepcao, pedido: Pedido) -> re.Match[bytes]:
    resultado = recepcao.receber(pedido)
    achado = _PROTOCOLO.search(resultado.corpo)
    if achado is None:
        raise RespostaErrada(resultado.corpo[:2000].decode("utf-8", "replace"))
    return achado


def _pedido(corpo: bytes, servico: str) -> Pedido:
    return Pedido(corpo, POR_SERVICO[servico], VERSAO, "soap", uuid.uuid4().hex, "utf-8")
