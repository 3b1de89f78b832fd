"""Receber um lote: conferir as regras, gravar tudo de uma vez e devolver o protocolo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio import erros
from dominio.competencia import dia
from handlers.lote_guias import regras
from handlers.lote_guias.executante import executantes
from mensagem.conteudo import digest_da_mensagem
from mensagem.recusa import RegraRecusada
from persistence import lotes, mensagens
from persistence.erros import LoteExistente, NumeroEmUso
from persistence.lotes import NovoLote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.lote import Identificacao, Lote
    from handlers.contexto import Contexto


class PedidoDeLote(NamedTuple):
    """Um lote a receber.

    Attributes:
        lote: o que foi informado.
        digest: calcula o digest do conteúdo; só se o número já existir.
    """

    lote: Lote
    digest: Callable[[], str]


class Recibo(NamedTuple):
    """O que o recibo diz.

    Attributes:
        protocolo: número do protocolo.
        total: soma das guias em reais.
        data_envio: data de São Paulo em que o lote foi recebido.
        lote: guias a listar.
    """

    protocolo: int
    total: Decimal
    data_envio: date
    lote: Lote


def receber(conn: Connection, contexto: Contexto, pedido: PedidoDeLote) -> Recibo:
    """Grava o lote e o seu protocolo, ou devolve o protocolo do mesmo lote já recebido.

    Raises:
        RegraRecusada: uma regra não aceita, ou o número é de outro lote vivo do prestador.
    """
    lote = pedido.lote
    hoje = dia(contexto.agora)
    regras.conferir(lote, registro_ans=contexto.operadora.registro_ans, hoje=hoje)
    resolvidos = executantes(conn, contexto, lote)
    try:
        registrado = lotes.registrar(conn, _novo(contexto, lote, resolvidos, hoje))
    except NumeroEmUso as em_uso:
        return _repetido(conn, contexto, pedido, em_uso.existente)
    return Recibo(registrado.numero, lote.informado, hoje, lote)


def _novo(
    contexto: Contexto, lote: Lote, resolvidos: Mapping[Identificacao, int], hoje: date
) -> NovoLote:
    donos = set(resolvidos.values())
    dono = contexto.prestador.id
    if len(donos) == 1 and donos <= contexto.prestadores:
        # um CNPJ com vários códigos e sem login: as guias dizem de qual deles é o lote
        dono = donos.pop()
    return NovoLote(
        operadora_id=contexto.operadora.id,
        prestador_id=dono,
        lote=lote,
        versao=contexto.versao,
        canal=contexto.canal,
        mensagem_id=contexto.mensagem_id,
        recebido_em=contexto.agora,
        data_envio=hoje,
        executantes=resolvidos,
        homologacao=contexto.prestador.homologacao,
    )


def _repetido(
    conn: Connection, contexto: Contexto, pedido: PedidoDeLote, existente: LoteExistente
) -> Recibo:
    if contexto.operadora.lote_repetido == "recusar" or not _mesmo_conteudo(
        conn, pedido, existente
    ):
        raise RegraRecusada(erros.LOTE_REPETIDO, f"Lote {pedido.lote.numero}.")
    return Recibo(
        existente.protocolo_numero, pedido.lote.informado, existente.data_envio, pedido.lote
    )


def _mesmo_conteudo(conn: Connection, pedido: PedidoDeLote, existente: LoteExistente) -> bool:
    recebida = mensagens.bruta(conn, existente.mensagem_id)
    return recebida is not None and digest_da_mensagem(recebida) == pedido.digest()
