"""O pagamento que o outro sistema já fez: grava-se como foi, sem retenções nem tarifas daqui."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.pagamento import TRIBUTOS, EstadoPagamento, Indicador
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento import recursos as do_recurso
from handlers.pagamento.criacao import conferir_dados_bancarios, conferir_desconto
from handlers.pagamento.partes import a_pagar
from persistence import lancamentos, pagamentos, partes_pagas, protocolos, recursos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dominio.pagamento import Desconto
    from handlers.da_operadora import Autor
    from handlers.importacao.pedido import PagamentoAntigo, ProtocoloAntigo
    from persistence.partes_pagas import Parte
    from persistence.protocolos import Protocolo

_MOTIVO = "pago no sistema de que veio"


def pagar(conn: Connection, operadora_id: int, antigo: ProtocoloAntigo, autor: Autor) -> None:
    """Dá por pago um protocolo liberado, na data em que se pagou.

    Raises:
        Impedimento: o pagamento não se grava; a transação deve ser desfeita.
    """
    feito = antigo.pagamento
    assert feito is not None  # noqa: S101 - quem chama já conferiu
    protocolo = da_operadora.trancar_lote(conn, operadora_id, antigo.numero)
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    partes = a_pagar(conn, protocolo, None)
    _gravar(conn, protocolo, feito, partes, autor, sha256=antigo.sha256)
    posicoes = [parte.guia_posicao for parte in partes]
    pago = StatusProtocolo.PAGO
    partes_pagas.mudar_guias(conn, protocolo.id, protocolo.lote_id, posicoes, pago)
    no_dia = autor._replace(agora=feito.instante)
    da_operadora.transitar(conn, protocolo, pago, _MOTIVO, no_dia)


def pagar_recurso(
    conn: Connection,
    operadora_id: int,
    numero: int,
    feito: PagamentoAntigo,
    autor: Autor,
    *,
    sha256: str,
) -> None:
    """Dá por pago o acatado de um recurso liberado, na data em que se pagou.

    Raises:
        Impedimento: o pagamento não se grava; a transação deve ser desfeita.
    """
    recurso = recursos.trancar(conn, operadora_id, numero)
    assert recurso is not None  # noqa: S101 - acaba de se responder
    protocolo = protocolos.por_ids(conn, [recurso.protocolo_id])[recurso.protocolo_id]
    _gravar(conn, protocolo, feito, do_recurso.a_pagar(conn, recurso), autor, sha256=sha256)
    no_dia = autor._replace(agora=feito.instante)
    da_operadora.transitar(conn, protocolo, StatusProtocolo.PAGO, _MOTIVO, no_dia)


def _gravar(
    conn: Connection,
    protocolo: Protocolo,
    feito: PagamentoAntigo,
    partes: Sequence[Parte],
    autor: Autor,
    *,
    sha256: str,
) -> None:
    conferir_dados_bancarios(feito.banco, feito.agencia, feito.conta)
    for desconto in feito.descontos:
        conferir_desconto(desconto)
    pagamento = pagamentos.criar(
        conn,
        operadora_id=protocolo.operadora_id,
        prestador_id=protocolo.prestador_id,
        chave=f"importacao:{protocolo.numero}",
        sha256=sha256,
        data_prevista=feito.data,
        forma=feito.forma.value,
        banco=feito.banco,
        agencia=feito.agencia,
        conta=feito.conta,
        exige_nota=False,
        criado_em=autor.agora,
        criado_por=autor.quem,
    )
    assert pagamento is not None  # noqa: S101 - o protocolo acaba de nascer
    partes_pagas.incluir(conn, pagamento.id, partes)
    for origem, deles in _por_origem(feito.descontos).items():
        lancamentos.incluir(
            conn,
            protocolo.operadora_id,
            protocolo.prestador_id,
            deles,
            origem=origem,
            quem=autor.quem,
            agora=autor.agora,
            pagamento_id=pagamento.id,
        )
    pagamentos.avancar(
        conn,
        pagamento,
        estado=EstadoPagamento.CONFIRMADO,
        data=feito.data,
        confirmado_em=feito.instante,
        confirmado_por=autor.quem,
    )


def _por_origem(descontos: Sequence[Desconto]) -> dict[str, list[Desconto]]:
    """O que é retenção de tributo estorna-se com o pagamento; o resto, não."""
    juntos: dict[str, list[Desconto]] = {}
    for desconto in descontos:
        retido = desconto.tipo in TRIBUTOS and desconto.indicador is Indicador.DEBITO
        juntos.setdefault("retencao" if retido else "pessoa", []).append(desconto)
    return juntos
