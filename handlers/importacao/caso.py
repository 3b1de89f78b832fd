"""Pôr aqui um protocolo de outro sistema, na situação em que lá estava."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import meses
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    ANALISE_A_MAIS,
    ANALISE_QUE_FALTA,
    NUMERO_DA_SERIE,
    NUMERO_OCUPADO,
    PAGAMENTO_QUE_FALTA,
    PRESTADOR_AUSENTE,
    PROTOCOLO_EXISTENTE,
    SITUACAO_DA_ANALISE,
    SITUACAO_QUE_NAO_SE_IMPORTA,
)
from dominio.lote import Identificacao
from dominio.situacao import StatusProtocolo
from handlers import analise, da_operadora, pagamento
from handlers.importacao.pagamento import pagar
from handlers.importacao.recursos import CANAL, importar_recursos
from persistence import (
    credenciamento,
    lotes,
    mensagens,
    pagamentos,
    protocolos,
    series,
    webhooks,
)
from persistence.erros import NumeroEmUso
from persistence.lotes import NovoLote
from persistence.mensagens import MensagemNova

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.importacao.pedido import AnaliseAntiga, ProtocoloAntigo
    from persistence.operadoras import Operadora

_MOTIVO = "importado de outro sistema"
_S = StatusProtocolo
_COM_ANALISE = frozenset({_S.ANALISADO, _S.LIBERADO, _S.PAGO, _S.BLOQUEIO_JUDICIAL})
_SEM_ANALISE = frozenset({_S.RECEBIDO, _S.AGUARDANDO_INFORMACAO, _S.CANCELADO})


def importar(conn: Connection, operadora: Operadora, antigo: ProtocoloAntigo, autor: Autor) -> bool:
    """Grava um protocolo com o seu número, e leva-o pelo que já teve, até aos recursos.

    De nada disto se avisam os webhooks: já aconteceu.

    Returns:
        Se a mesma linha já tinha sido importada; então nada se grava.

    Raises:
        Impedimento: o protocolo não se importa; a transação deve ser desfeita.
    """
    operadora_id, lugar = operadora.id, Lugar(antigo.numero)
    existente = protocolos.por_numero(conn, operadora_id, antigo.numero)
    if existente is not None:
        origem = mensagens.ler(conn, operadora_id, existente.mensagem_id)
        if origem is None or (origem.canal, origem.sha256) != (CANAL, antigo.sha256):
            raise Impedimento(PROTOCOLO_EXISTENTE, lugar)
        return True
    _conferir(antigo)
    if not series.passou(conn, operadora_id, antigo.numero):
        raise Impedimento(NUMERO_DA_SERIE, lugar)
    prestador = credenciamento.por_codigo(conn, operadora_id, antigo.prestador)
    if prestador is None:
        raise Impedimento(PRESTADOR_AUSENTE, lugar)
    pagamentos.trancar_do_prestador(conn, prestador.id)
    with webhooks.sem_avisar(conn):
        _registrar(conn, operadora_id, prestador.id, antigo, autor)
        _analisar(conn, operadora_id, antigo, autor)
        _depois_da_analise(conn, operadora_id, antigo, autor)
        importar_recursos(conn, operadora, prestador, antigo, autor)
    return False


def _conferir(antigo: ProtocoloAntigo) -> None:
    lugar = Lugar(antigo.numero)
    if antigo.situacao is _S.NAO_LOCALIZADO:
        raise Impedimento(SITUACAO_QUE_NAO_SE_IMPORTA, lugar)
    if antigo.situacao in _COM_ANALISE and antigo.analise is None:
        raise Impedimento(ANALISE_QUE_FALTA, lugar)
    if antigo.situacao in _SEM_ANALISE and antigo.analise is not None:
        raise Impedimento(ANALISE_A_MAIS, lugar)
    if (antigo.situacao is _S.PAGO) != (antigo.pagamento is not None):
        raise Impedimento(PAGAMENTO_QUE_FALTA, lugar)


def _registrar(
    conn: Connection, operadora_id: int, prestador_id: int, antigo: ProtocoloAntigo, autor: Autor
) -> None:
    mensagem = meses.identificar(autor.agora)
    mensagens.arquivar(
        conn,
        MensagemNova(
            id=mensagem,
            recebida_em=autor.agora,
            canal=CANAL,
            tamanho=antigo.tamanho,
            sha256=antigo.sha256,
            desfecho="respondida",
            operadora_id=operadora_id,
            prestador_id=prestador_id,
            versao=antigo.versao,
        ),
    )
    novo = NovoLote(
        operadora_id=operadora_id,
        prestador_id=prestador_id,
        lote=antigo.lote,
        versao=antigo.versao,
        canal=CANAL,
        mensagem_id=mensagem,
        recebido_em=antigo.recebido_em,
        data_envio=antigo.data_envio,
        executantes={Identificacao("codigo", antigo.prestador): prestador_id},
        numero_protocolo=antigo.numero,
    )
    try:
        lotes.registrar(conn, novo)
    except NumeroEmUso as erro:
        raise Impedimento(NUMERO_OCUPADO, Lugar(antigo.numero)) from erro


def _analisar(conn: Connection, operadora_id: int, antigo: ProtocoloAntigo, autor: Autor) -> None:
    if antigo.analise is None:
        return
    feita = antigo.analise
    quando = autor._replace(agora=feita.finalizada_em or _liberado_em(antigo, autor))
    analise.registrar(conn, operadora_id, _registro(antigo.numero, feita), quando)
    if antigo.situacao is _S.EM_ANALISE:
        return
    pedido = analise.PedidoDeFinalizacao(antigo.numero, completar=feita.completar)
    final = analise.finalizar(conn, operadora_id, pedido, quando)
    encerrado = _S.ENCERRADO_SEM_PAGAMENTO
    if (final.status is encerrado) != (antigo.situacao is encerrado):
        raise Impedimento(SITUACAO_DA_ANALISE, Lugar(antigo.numero))


def _liberado_em(antigo: ProtocoloAntigo, autor: Autor) -> datetime:
    if antigo.liberado_em is not None:
        return antigo.liberado_em
    return autor.agora if antigo.pagamento is None else antigo.pagamento.instante


def _registro(numero: int, feita: AnaliseAntiga) -> analise.PedidoDeRegistro:
    chave = f"importacao:{numero}"
    return analise.PedidoDeRegistro(numero, chave, feita.guias, feita.glosas, feita.observacao)


def _depois_da_analise(
    conn: Connection, operadora_id: int, antigo: ProtocoloAntigo, autor: Autor
) -> None:
    liberado = autor._replace(agora=_liberado_em(antigo, autor))
    match antigo.situacao:
        case _S.AGUARDANDO_INFORMACAO | _S.CANCELADO:
            _transitar(conn, operadora_id, antigo, autor, antigo.situacao)
        case _S.EM_ANALISE if antigo.analise is None:
            _transitar(conn, operadora_id, antigo, autor, _S.EM_ANALISE)
        case _S.ENCERRADO_SEM_PAGAMENTO if antigo.analise is None:
            _transitar(conn, operadora_id, antigo, autor, _S.EM_ANALISE, antigo.situacao)
        case _S.LIBERADO:
            pagamento.liberar(conn, operadora_id, antigo.numero, liberado)
        case _S.PAGO:
            pagamento.liberar(conn, operadora_id, antigo.numero, liberado)
            pagar(conn, operadora_id, antigo, autor)
        case _S.BLOQUEIO_JUDICIAL:
            if antigo.liberado_em is not None:
                pagamento.liberar(conn, operadora_id, antigo.numero, liberado)
            _transitar(conn, operadora_id, antigo, autor, antigo.situacao)
        case _:
            pass


def _transitar(
    conn: Connection,
    operadora_id: int,
    antigo: ProtocoloAntigo,
    autor: Autor,
    *situacoes: StatusProtocolo,
) -> None:
    protocolo = da_operadora.trancar_lote(conn, operadora_id, antigo.numero)
    for situacao in situacoes:
        protocolo = da_operadora.transitar(conn, protocolo, situacao, _MOTIVO, autor)
