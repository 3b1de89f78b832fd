"""Os recursos que o outro sistema recebeu do protocolo, com as respostas que já teve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    NUMERO_DA_SERIE,
    PROTOCOLO_EXISTENTE,
    RECURSO_QUE_NAO_SE_IMPORTA,
    SITUACAO_DO_RECURSO,
)
from dominio.lote import Identificacao, TipoGuia
from dominio.recurso import Nivel, Objeto
from dominio.situacao import StatusProtocolo
from handlers import decisao_de_recurso
from handlers.decisao_de_recurso import Decisao, PedidoDeDecisao
from handlers.importacao.pagamento import pagar_recurso
from handlers.recurso_glosa.caso import registrar
from handlers.recurso_glosa.pedido import PedidoDeRecurso, Remetente
from mensagem.recusa import RegraRecusada
from persistence import protocolos, series

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.importacao.pedido import ProtocoloAntigo, RecursoAntigo
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.protocolos import Protocolo

CANAL = "importacao"
_S = StatusProtocolo
_FECHADOS = (_S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.PAGO)


def importar_recursos(
    conn: Connection,
    operadora: Operadora,
    prestador: Prestador,
    antigo: ProtocoloAntigo,
    autor: Autor,
) -> None:
    """Grava os recursos de um protocolo que acaba de se importar, pela ordem em que se fizeram.

    Confere-se que cada um cabe no que a análise glosou; prazo, canal e as outras regras que a
    operadora escolhe já os conferiu quem os recebeu.

    Raises:
        Impedimento: um não se importa; a transação deve ser desfeita.
    """
    for recurso in antigo.recursos:
        original = protocolos.por_numero(conn, operadora.id, antigo.numero)
        assert original is not None  # noqa: S101 - acaba de se gravar
        _registrar(conn, operadora, prestador, original, recurso)
        _responder(conn, operadora.id, recurso, autor, sha256=antigo.sha256)


def _registrar(
    conn: Connection,
    operadora: Operadora,
    prestador: Prestador,
    original: Protocolo,
    recurso: RecursoAntigo,
) -> None:
    lugar = Lugar(recurso.numero)
    if protocolos.por_numero(conn, operadora.id, recurso.numero) is not None:
        raise Impedimento(PROTOCOLO_EXISTENTE, lugar)
    if not series.passou(conn, operadora.id, recurso.numero):
        raise Impedimento(NUMERO_DA_SERIE, lugar)
    remetente = Remetente(
        operadora,
        prestador,
        frozenset({prestador.id}),
        original.versao,
        CANAL,
        # a linha do arquivo que trouxe o protocolo é também a que trouxe o recurso
        original.mensagem_id,
        recurso.recebido_em,
        recurso.origem,
        numero=recurso.numero,
    )
    try:
        recibo = registrar(conn, remetente, _pedido(operadora, prestador, original, recurso))
    except RegraRecusada as recusa:
        raise Impedimento(RECURSO_QUE_NAO_SE_IMPORTA, lugar, recusa.texto) from recusa
    if recibo.repetido:
        detalhe = "O número da guia de recurso já é de outro."
        raise Impedimento(RECURSO_QUE_NAO_SE_IMPORTA, lugar, detalhe)


def _pedido(
    operadora: Operadora, prestador: Prestador, original: Protocolo, recurso: RecursoAntigo
) -> PedidoDeRecurso:
    linhas = tuple(linha.pedida for linha in recurso.linhas)
    do_protocolo = any(linha.nivel is Nivel.PROTOCOLO for linha in linhas)
    return PedidoDeRecurso(
        operadora.registro_ans,
        recurso.numero_guia,
        recurso.numero_guia_operadora,
        Objeto.PROTOCOLO if do_protocolo else Objeto.GUIA,
        original.lote_tipo == TipoGuia.ODONTO,
        Identificacao("codigo", prestador.codigo),
        str(original.lote_numero),
        str(original.numero),
        linhas,
        sum((linha.valor or ZERO for linha in linhas), ZERO),
        dia(recurso.recebido_em),
    )


def _responder(
    conn: Connection, operadora_id: int, recurso: RecursoAntigo, autor: Autor, *, sha256: str
) -> None:
    lugar = Lugar(recurso.numero)
    decisoes = tuple(
        Decisao(n, linha.acatado or ZERO, linha.resposta, linha.aceita)
        for n, linha in enumerate(recurso.linhas, 1)
        if linha.acatado is not None or linha.aceita is not None
    )
    if (recurso.situacao is _S.PAGO) != (recurso.pagamento is not None):
        raise Impedimento(SITUACAO_DO_RECURSO, lugar)
    if recurso.situacao is _S.RECEBIDO:
        if decisoes:
            raise Impedimento(SITUACAO_DO_RECURSO, lugar)
        return
    quando = autor._replace(agora=recurso.respondido_em or recurso.recebido_em)
    decisao_de_recurso.analisar(conn, operadora_id, recurso.numero, quando)
    fechado = recurso.situacao in _FECHADOS
    pedido = PedidoDeDecisao(
        recurso.numero, f"importacao:{recurso.numero}", decisoes, fechar=fechado
    )
    atual = decisao_de_recurso.decidir(conn, operadora_id, pedido, quando)
    esperada = _S.LIBERADO if recurso.pagamento is not None else recurso.situacao
    if atual.status is not esperada:
        raise Impedimento(SITUACAO_DO_RECURSO, lugar)
    if recurso.pagamento is not None:
        pagar_recurso(conn, operadora_id, recurso.numero, recurso.pagamento, autor, sha256=sha256)
