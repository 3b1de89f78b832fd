"""Receber um documento: conferir o arquivo, achar a que se refere, guardar e dar o número.

Um documento que só cita uma guia não espera por ela: é da guia, e aparece no lote em que ela
estiver, tenha ele chegado antes ou depois.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros, formatos, numeros
from dominio import erros_de_documentos as recusas
from dominio.cancelamento import NaturezaGuia
from dominio.formatos import Exame
from dominio.situacao import StatusProtocolo
from dominio.textos import cabe_em_latin1
from handlers.envio_documentos.deposito import MIB, AntivirusSemResposta
from mensagem.recusa import Recusa, RegraRecusada
from persistence import arquivos, cancelamentos, documentos
from persistence.banco import cifra_de
from persistence.documentos import NovoDocumento

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.envio_documentos.deposito import Deposito
    from persistence.cancelamentos import GuiaAlvo, LoteAlvo

_log = structlog.get_logger("documentos")

_CANCELADO = StatusProtocolo.CANCELADO
_RECUSA_DO_EXAME = {
    Exame.OUTRO: recusas.DOCUMENTO_DE_OUTRO_FORMATO,
    Exame.CORROMPIDO: recusas.DOCUMENTO_CORROMPIDO,
}


class PedidoDeDocumento(NamedTuple):
    """Um documento como o prestador o enviou.

    Attributes:
        numero_lote: do lote a que se refere, quando veio; os três seguintes, idem.
        numero_documento: o dado pelo prestador.
        natureza: de que espécie é a guia que cita.
        formato: ``dm_formatoDocumento``.
        sequencial_item: do item da guia, quando veio.
        conteudo: os bytes do arquivo.
        tipo: ``dm_tipoDocumento``.
        observacao: texto livre.
    """

    numero_lote: str | None
    numero_protocolo: str | None
    guia_prestador: str | None
    guia_operadora: str | None
    numero_documento: str
    natureza: NaturezaGuia
    formato: str
    sequencial_item: int | None
    conteudo: bytes
    tipo: str
    observacao: str | None = None

    def __repr__(self) -> str:
        """Sem valores: um documento é de um paciente."""
        return f"<PedidoDeDocumento {self.formato} {len(self.conteudo)} bytes>"


class Recibo(NamedTuple):
    """O que o recibo diz.

    Attributes:
        pedido: o que se repete.
        numero: o ``protocoloDoc``.
    """

    pedido: PedidoDeDocumento
    numero: int


class _Referencia(NamedTuple):
    lote: LoteAlvo | None = None
    guia: GuiaAlvo | None = None

    @property
    def cancelada(self) -> bool:
        do_lote = self.lote is not None and self.lote.status is _CANCELADO
        return do_lote or (self.guia is not None and self.guia.status is _CANCELADO)


def examinar(pedido: PedidoDeDocumento, deposito: Deposito) -> None:
    """Confere o arquivo em si: tamanho, formato e antivírus. Não toca no banco.

    Raises:
        RegraRecusada: o arquivo não se aceita, ou o pedido não diz a que se refere.
        Recusa: o antivírus não respondeu.
    """
    ditos = (
        pedido.numero_lote, pedido.numero_protocolo, pedido.guia_prestador, pedido.guia_operadora,
    )  # fmt: skip
    if all(dito is None for dito in ditos):
        raise RegraRecusada(recusas.SEM_IDENTIFICADOR)
    if not all(cabe_em_latin1(dito) for dito in (*ditos, pedido.numero_documento) if dito):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: número do documento.")
    if len(pedido.conteudo) > deposito.tamanho:
        mib = deposito.tamanho / MIB
        raise RegraRecusada(recusas.DOCUMENTO_GRANDE, f"O máximo são {mib:g} MiB.")
    recusa = _RECUSA_DO_EXAME.get(formatos.examinar(pedido.formato, pedido.conteudo))
    if recusa is not None:
        nome = formatos.FORMATOS[pedido.formato].nome
        raise RegraRecusada(recusa, f"Formato declarado: {nome}.")
    if deposito.antivirus is None:
        return
    try:
        limpo = deposito.antivirus(pedido.conteudo)
    except AntivirusSemResposta:
        raise Recusa(recusas.ANTIVIRUS_SEM_RESPOSTA) from None
    if not limpo:
        raise RegraRecusada(recusas.DOCUMENTO_INFECTADO)


def receber(
    conn: Connection, contexto: Contexto, pedido: PedidoDeDocumento, deposito: Deposito
) -> Recibo:
    """Guarda o documento, ou devolve o número do mesmo já recebido.

    O arquivo é escrito antes da linha: se a transação não se completa sobra um arquivo, que a
    varredura apaga, e nunca uma linha sem arquivo.

    Raises:
        RegraRecusada: o que se cita não existe, é de outro ou foi cancelado.
        Recusa: o depósito não respondeu.
    """
    referencia = _achar(conn, contexto, pedido)
    digest = hashlib.sha256(pedido.conteudo).hexdigest()
    identidade = _identidade(pedido, referencia, digest)
    anterior = documentos.existente(conn, contexto.prestador.id, identidade)
    if anterior is not None:
        return Recibo(pedido, anterior)
    if referencia.cancelada:
        raise RegraRecusada(recusas.DOCUMENTO_DISPENSADO)
    _conferir_item(conn, pedido, referencia)
    chave = arquivos.chave(contexto.operadora.id, digest)
    try:
        deposito.arquivos.guardar(chave, pedido.conteudo, cifra_de(conn))
    except arquivos.DepositoSemResposta as erro:
        _log.error("depósito sem resposta", mensagem=contexto.mensagem_id, motivo=erro.strerror)
        raise Recusa(recusas.DEPOSITO_SEM_RESPOSTA) from None
    novo = NovoDocumento(
        operadora_id=contexto.operadora.id,
        prestador_id=contexto.prestador.id,
        identidade=identidade,
        mensagem_id=contexto.mensagem_id,
        recebido_em=contexto.agora,
        versao=contexto.versao,
        canal=contexto.canal,
        homologacao=contexto.prestador.homologacao,
        numero_documento=pedido.numero_documento,
        natureza=pedido.natureza.value,
        tipo=pedido.tipo,
        formato=pedido.formato,
        observacao=pedido.observacao,
        guia_prestador=pedido.guia_prestador,
        guia_operadora=pedido.guia_operadora,
        sequencial_item=pedido.sequencial_item,
        protocolo_id=None if referencia.lote is None else referencia.lote.protocolo_id,
        guia_posicao=None if referencia.guia is None else referencia.guia.posicao,
        sha256=digest,
        tamanho=len(pedido.conteudo),
    )
    return Recibo(pedido, documentos.registrar(conn, novo))


# --- a que se refere ------------------------------------------------------------------------------


def _achar(conn: Connection, contexto: Contexto, pedido: PedidoDeDocumento) -> _Referencia:
    lote = _lote(conn, contexto, pedido)
    if lote is None:
        return _Referencia()
    if pedido.guia_prestador is None and pedido.guia_operadora is None:
        return _Referencia(lote)
    guia = _guia(conn, contexto, pedido, lote)
    if guia is None and pedido.natureza is NaturezaGuia.FATURAMENTO:
        raise RegraRecusada(recusas.GUIA_NAO_ENCONTRADA)
    # o número pode ser o de uma solicitação ou o da guia de recurso, que não estão no lote
    return _Referencia(lote, guia)


def _lote(conn: Connection, contexto: Contexto, pedido: PedidoDeDocumento) -> LoteAlvo | None:
    operadora, de_quem = contexto.operadora.id, contexto.prestadores
    if pedido.numero_protocolo is not None:
        numero = numeros.protocolo(pedido.numero_protocolo)
        achado = None
        if numero is not None:
            achado = cancelamentos.lote_de_protocolo(conn, operadora, de_quem, numero)
            if achado is None and pedido.natureza is NaturezaGuia.RECURSO:
                achado = documentos.lote_de_recurso(conn, operadora, de_quem, numero)
        if achado is None:
            raise RegraRecusada(erros.PROTOCOLO_NAO_ENCONTRADO)
        if pedido.numero_lote not in (None, achado.lote):
            raise RegraRecusada(erros.LOTE_NAO_ENCONTRADO, "O protocolo é de outro lote.")
        return achado
    if pedido.numero_lote is None:
        return None
    achados = cancelamentos.lotes_de_numero(conn, operadora, de_quem, pedido.numero_lote)
    if not achados:
        raise RegraRecusada(erros.LOTE_NAO_ENCONTRADO)
    return next((lote for lote in achados if lote.vivo), achados[0])


def _guia(
    conn: Connection, contexto: Contexto, pedido: PedidoDeDocumento, lote: LoteAlvo
) -> GuiaAlvo | None:
    achadas = cancelamentos.guias_de_numeros(
        conn,
        contexto.operadora.id,
        contexto.prestadores,
        do_prestador=() if pedido.guia_prestador is None else (pedido.guia_prestador,),
        da_operadora=() if pedido.guia_operadora is None else (pedido.guia_operadora,),
    )
    do_lote = [g for g in achadas if g.do_lote.lote_id == lote.lote_id]
    if pedido.guia_prestador is not None:
        do_lote = [g for g in do_lote if g.numero_prestador == pedido.guia_prestador]
    return next(iter(do_lote), None)


def _conferir_item(conn: Connection, pedido: PedidoDeDocumento, referencia: _Referencia) -> None:
    lote, guia = referencia
    if pedido.sequencial_item is None or lote is None or guia is None:
        return
    if not documentos.tem_item(conn, lote.lote_id, guia.posicao, pedido.sequencial_item):
        raise RegraRecusada(recusas.ITEM_NAO_ENCONTRADO)


def _identidade(pedido: PedidoDeDocumento, referencia: _Referencia, digest: str) -> str:
    """O que faz dois envios serem o mesmo: o mesmo arquivo, com o mesmo número, na mesma coisa."""
    partes = (
        None if referencia.lote is None else referencia.lote.protocolo_id,
        pedido.guia_prestador,
        pedido.guia_operadora,
        pedido.natureza.value,
        pedido.sequencial_item,
        pedido.numero_documento,
        pedido.tipo,
        pedido.formato,
        digest,
    )
    return hashlib.sha256(repr(partes).encode()).hexdigest()
