"""Achar o que se pede: os demonstrativos que há, e por que faltam os outros."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from dominio import erros, numeros
from dominio.competencia import competencia, dia
from dominio.situacao import StatusProtocolo
from dominio.textos import cabe_em_latin1, para_mensagem
from dominio.versoes import VERSOES, ordem
from handlers.alcance import prestadores_ditos
from handlers.demonstrativo import conta, escrita, pagos
from handlers.demonstrativo.modelo import SituacaoDoPedido
from handlers.demonstrativo.pedido import Peca, PedidoDeAnalise, Resposta
from mensagem.recusa import RegraRecusada
from persistence import demonstrativos, protocolos
from persistence.consultas import demonstrativos as consultas

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from dominio.lote import Identificacao
    from handlers.contexto import Contexto
    from handlers.demonstrativo.pedido import Pedido, PedidoDePagamento
    from persistence.operadoras import Operadora
    from persistence.protocolos import Protocolo

_S = StatusProtocolo


class Alcance(NamedTuple):
    """A quem se responde, e sobre quem.

    Attributes:
        prestadores: ids que quem pede alcança.
        remetente: id de quem pede; é dele o que não se achou.
        com_guias: se as análises da resposta trazem as guias também como valores.
    """

    operadora: Operadora
    prestadores: frozenset[int]
    remetente: int
    versao: str
    hoje: date
    com_guias: bool = False


def do_contexto(conn: Connection, contexto: Contexto, dito: Identificacao) -> Alcance:
    """O alcance de uma mensagem.

    Raises:
        RegraRecusada: identificação que não se pode repetir na resposta.
    """
    return Alcance(
        contexto.operadora,
        prestadores_ditos(conn, contexto, dito),
        contexto.prestador.id,
        contexto.versao,
        dia(contexto.agora),
    )


def consultar(conn: Connection, alcance: Alcance, pedido: Pedido) -> Resposta:
    """O que se pede, por emitir; o de outro prestador é como se não existisse.

    Raises:
        RegraRecusada: não há o que responder, ou não cabe na versão.
    """
    if isinstance(pedido, PedidoDeAnalise):
        resposta = _analises(conn, alcance, pedido)
    else:
        resposta = _pagamento(conn, alcance, pedido)
    donos = {peca.dono.id for peca in resposta.pecas}
    anteriores = demonstrativos.ultimos(
        conn, donos, [peca.chave for peca in resposta.pecas], alcance.versao
    )
    pecas = (p._replace(anterior=anteriores.get((p.dono.id, p.chave))) for p in resposta.pecas)
    return resposta._replace(pecas=tuple(pecas))


# --- análise ----------------------------------------------------------------------------------


def _analises(conn: Connection, alcance: Alcance, pedido: PedidoDeAnalise) -> Resposta:
    pedidos: dict[int | str, str] = {}
    for dito in pedido.protocolos:
        pedidos.setdefault(numeros.protocolo(dito) or dito, dito)
    achados = {n: _protocolo(conn, alcance, n) for n in pedidos}
    if not any(achados.values()):
        raise RegraRecusada(erros.PROTOCOLO_NAO_ENCONTRADO)
    prontos = [p for p in achados.values() if p is not None and _pronto(p)]
    donos = consultas.donos(
        conn,
        alcance.operadora.id,
        {p.prestador_id for p in achados.values() if p} | {alcance.remetente},
    )
    if not prontos:
        primeiro = next(iter(pedidos))
        situacao = _situacao(conn, alcance, pedidos[primeiro], achados[primeiro], donos)
        return Resposta((situacao,), pedido.prestador)
    pecas = []
    for protocolo in prontos:
        dono = donos[protocolo.prestador_id]
        montado = conta.montar(conn, alcance.operadora, dono, protocolo, alcance.hoje)
        texto = _na_versao(alcance.versao, lambda v, m=montado: escrita.analise(m, v))  # type: ignore[misc]
        if not alcance.com_guias:
            # escritas, só ocupariam memória até sair a resposta
            montado = montado._replace(conta=montado.conta._replace(guias=()))
        pecas.append(
            Peca(
                montado,
                dono,
                f"analise:{protocolo.id}",
                protocolo.id,
                texto,
                _digest(texto, dono.codigo, dono.nome, montado.observacao),
            )
        )
    return Resposta(tuple(pecas), pedido.prestador, _ausentes(alcance, pedidos, achados))


def _protocolo(conn: Connection, alcance: Alcance, numero: int | str) -> Protocolo | None:
    if isinstance(numero, str):
        return None
    protocolo = protocolos.por_numero(conn, alcance.operadora.id, numero)
    if protocolo is None or protocolo.lote_id is None:
        return None
    return protocolo if protocolo.prestador_id in alcance.prestadores else None


def _pronto(protocolo: Protocolo) -> bool:
    # o que a análise decidiu só aparece quando ela termina; sem pagamento já não há o que esperar
    return protocolo.analise_visivel or protocolo.status is _S.ENCERRADO_SEM_PAGAMENTO


def _situacao(
    conn: Connection,
    alcance: Alcance,
    dito: str,
    protocolo: Protocolo | None,
    donos: dict[int, consultas.Dono],
) -> Peca:
    if protocolo is None:
        if not cabe_em_latin1(dito):
            raise RegraRecusada(erros.PROTOCOLO_NAO_ENCONTRADO)
        dono = donos[alcance.remetente]
        chave, numero, data, status = f"situacao:?{dito}", dito, None, _S.NAO_LOCALIZADO
    else:
        dono = donos[protocolo.prestador_id]
        chave, status = f"situacao:{protocolo.id}", protocolo.status
        numero = numeros.formatar(protocolo.numero, alcance.operadora.largura_protocolo)
        data = dia(consultas.desde(conn, [protocolo.id])[protocolo.id])
    situacao = SituacaoDoPedido(
        alcance.operadora.registro_ans, conta.contratado(dono), numero, "", data, status
    )
    texto = escrita.situacao(situacao, alcance.versao)
    return Peca(
        situacao,
        dono,
        chave,
        None if protocolo is None else protocolo.id,
        texto,
        _digest(texto, dono.codigo, dono.nome),
    )


def _ausentes(
    alcance: Alcance,
    pedidos: dict[int | str, str],
    achados: dict[int | str, Protocolo | None],
) -> str:
    """Os protocolos sem demonstrativo, juntos pelo que lhes falta."""
    motivos: dict[str, list[str]] = {}
    for chave, dito in pedidos.items():
        protocolo = achados[chave]
        if protocolo is not None and _pronto(protocolo):
            continue
        status = _S.NAO_LOCALIZADO if protocolo is None else protocolo.status
        numero = (
            dito
            if protocolo is None
            else numeros.formatar(protocolo.numero, alcance.operadora.largura_protocolo)
        )
        motivos.setdefault(status.texto, []).append(para_mensagem(numero, 12))
    if not motivos:
        return ""
    listas = (f"{motivo}: {', '.join(lista)}" for motivo, lista in motivos.items())
    return f"Sem demonstrativo. {'. '.join(listas)}."


# --- pagamento --------------------------------------------------------------------------------


def _pagamento(conn: Connection, alcance: Alcance, pedido: PedidoDePagamento) -> Resposta:
    achados = consultas.donos(conn, alcance.operadora.id, alcance.prestadores)
    donos = sorted(achados.values(), key=lambda d: (d.id != alcance.remetente, d.codigo))
    montado = None
    if donos:
        montado = pagos.montar(
            conn,
            alcance.operadora,
            donos,
            tipo=pedido.tipo,
            periodo=(pedido.inicio, pedido.fim),
            hoje=alcance.hoje,
        )
    if montado is None:
        raise RegraRecusada(erros.DEMONSTRATIVO_VAZIO)
    texto = _na_versao(alcance.versao, lambda v: escrita.pagamento(montado, v))
    periodo = (
        pedido.inicio.isoformat() if pedido.inicio == pedido.fim else competencia(pedido.inicio)
    )
    dono = donos[0]
    peca = Peca(
        montado,
        dono,
        f"pagamento:{pedido.tipo.value}:{periodo}",
        None,
        texto,
        _digest(texto, *(f"{d.codigo} {d.nome}" for d in donos)),
    )
    return Resposta((peca,), pedido.prestador)


# --- comum ------------------------------------------------------------------------------------


def _digest(*fatos: str | None) -> str:
    resumo = hashlib.sha256()
    for fato in fatos:
        resumo.update((fato or "").encode())
        resumo.update(b"\x00")
    return resumo.hexdigest()


def _na_versao(versao: str, escrever: Callable[[str], str]) -> str:
    try:
        return escrever(versao)
    except escrita.NaoCabe as falta:
        servem = [v for v in VERSOES if ordem(v) > ordem(versao) and _cabe(v, escrever)]
        if servem:
            conselho = f"Campo: {falta.campo}. Pergunte na versão {servem[0]}."
        else:
            conselho = f"Campo: {falta.campo}. Nenhuma versão do padrão o comporta."
        raise RegraRecusada(erros.NAO_CABE_NA_VERSAO, conselho) from None


def _cabe(versao: str, escrever: Callable[[str], str]) -> bool:
    try:
        escrever(versao)
    except escrita.NaoCabe:
        return False
    return True
