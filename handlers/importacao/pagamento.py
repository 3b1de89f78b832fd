"""O pagamento que o outro sistema já fez: grava-se como foi, sem retenções nem tarifas daqui."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.pagamento import TRIBUTOS, EstadoPagamento, Indicador
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento.criacao import conferir_dados_bancarios, conferir_desconto
from handlers.pagamento.partes import a_pagar
from persistence import lancamentos, pagamentos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dominio.pagamento import Desconto
    from handlers.da_operadora import Autor
    from handlers.importacao.pedido import ProtocoloAntigo


def pagar(conn: Connection, operadora_id: int, antigo: ProtocoloAntigo, autor: Autor) -> None:
    """Dá por pago um protocolo liberado, na data em que se pagou.

    Raises:
        Impedimento: o pagamento não se grava; a transação deve ser desfeita.
    """
    feito = antigo.pagamento
    assert feito is not None  # noqa: S101 - quem chama já conferiu
    conferir_dados_bancarios(feito.banco, feito.agencia, feito.conta)
    for desconto in feito.descontos:
        conferir_desconto(desconto)
    protocolo = da_operadora.trancar_lote(conn, operadora_id, antigo.numero)
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    pagamento = pagamentos.criar(
        conn,
        operadora_id=operadora_id,
        prestador_id=protocolo.prestador_id,
        chave=f"importacao:{antigo.numero}",
        sha256=antigo.sha256,
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
    partes = a_pagar(conn, protocolo, None)
    pagamentos.incluir_partes(conn, pagamento.id, partes)
    for origem, deles in _por_origem(feito.descontos).items():
        lancamentos.incluir(
            conn,
            operadora_id,
            protocolo.prestador_id,
            deles,
            origem=origem,
            quem=autor.quem,
            agora=autor.agora,
            pagamento_id=pagamento.id,
        )
    posicoes = [parte.guia_posicao for parte in partes]
    pago = StatusProtocolo.PAGO
    pagamentos.mudar_guias(conn, protocolo.id, protocolo.lote_id, posicoes, pago)
    pagamentos.avancar(
        conn,
        pagamento,
        estado=EstadoPagamento.CONFIRMADO,
        data=feito.data,
        confirmado_em=feito.instante,
        confirmado_por=autor.quem,
    )
    no_dia = autor._replace(agora=feito.instante)
    da_operadora.transitar(conn, protocolo, pago, "pago no sistema de que veio", no_dia)


def _por_origem(descontos: Sequence[Desconto]) -> dict[str, list[Desconto]]:
    """O que é retenção de tributo estorna-se com o pagamento; o resto, não."""
    juntos: dict[str, list[Desconto]] = {}
    for desconto in descontos:
        retido = desconto.tipo in TRIBUTOS and desconto.indicador is Indicador.DEBITO
        juntos.setdefault("retencao" if retido else "pessoa", []).append(desconto)
    return juntos
