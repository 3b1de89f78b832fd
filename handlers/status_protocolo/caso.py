"""Consultar um protocolo: só o dono o encontra."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio import erros, numeros, situacao
from dominio.dinheiro import ZERO
from dominio.textos import cabe_em_latin1
from mensagem.partes import Valores
from mensagem.recusa import RegraRecusada
from persistence import prestadores, protocolos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dominio.lote import Identificacao
    from handlers.contexto import Contexto
    from persistence.protocolos import GuiaGuardada, Protocolo

_SEM_ANALISE = Valores(ZERO, ZERO, ZERO)


class PedidoDeStatus(NamedTuple):
    """Pergunta por um protocolo.

    Attributes:
        prestador: identificação que a resposta repete.
        numero: como veio; zeros à esquerda não contam.
    """

    prestador: Identificacao
    numero: str


class Situacao(NamedTuple):
    """Resposta à pergunta.

    Attributes:
        prestador: identificação a repetir.
        protocolo: ``None`` quando não se encontra um do prestador.
        valores: do protocolo, zerados até a análise terminar.
        guias: cada guia a listar com os seus valores.
    """

    prestador: Identificacao
    protocolo: Protocolo | None
    valores: Valores = _SEM_ANALISE
    guias: tuple[tuple[GuiaGuardada, Valores], ...] = ()


def consultar(conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
    """Situação do protocolo; o de outro prestador é como se não existisse.

    Raises:
        RegraRecusada: identificação que não se pode repetir na resposta.
    """
    if not cabe_em_latin1(pedido.prestador.valor):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: dadosPrestador.")
    numero = numeros.protocolo(pedido.numero)
    protocolo = (
        None if numero is None else protocolos.por_numero(conn, contexto.operadora.id, numero)
    )
    if protocolo is None or protocolo.lote_id is None:
        return Situacao(pedido.prestador, None)
    if not _e_do_prestador(conn, contexto, pedido.prestador, protocolo):
        return Situacao(pedido.prestador, None)
    guias = protocolos.guias(conn, protocolo.lote_id)
    ativas = tuple(g for g in guias if g.status is not situacao.StatusProtocolo.CANCELADO)
    return Situacao(
        pedido.prestador,
        protocolo,
        _valores(protocolo, protocolo),
        tuple((g, _valores(protocolo, g)) for g in ativas or guias),
    )


def _e_do_prestador(
    conn: Connection, contexto: Contexto, dito: Identificacao, protocolo: Protocolo
) -> bool:
    if protocolo.prestador_id not in contexto.prestadores:
        return False
    p = contexto.prestador
    if dito == contexto.cabecalho.origem or dito.valor in (p.codigo, p.cnpj, p.cpf):
        return True
    achados = prestadores.resolver(conn, contexto.operadora.id, [dito]).get(dito, ())
    return any(a.id == protocolo.prestador_id for a in achados)


def _valores(protocolo: Protocolo, linha: Protocolo | GuiaGuardada) -> Valores:
    # o que a análise decidiu só aparece quando ela termina
    if not protocolo.analise_visivel:
        return _SEM_ANALISE
    return Valores(linha.processado, linha.glosa, linha.liberado)
