"""O que se paga de recursos de glosa: o acatado de cada guia, com o protocolo do recurso."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.analise import Valores
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import NAO_LIBERADO
from dominio.pagamento import TipoPagamento, ratear
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from persistence import partes_pagas, protocolos, recursos
from persistence.partes_pagas import Parte

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.protocolos import Protocolo
    from persistence.recursos_valores import Recurso

_S = StatusProtocolo


def a_pagar(conn: Connection, recurso: Recurso) -> list[Parte]:
    """As partes com que se paga um recurso: uma por guia com acatado, fora as que já têm parte.

    O que é do protocolo inteiro reparte-se pelas guias, em proporção ao que cada uma cobrou.
    Quem chama tem o recurso trancado.

    Raises:
        Impedimento: o recurso não está liberado.
    """
    if recurso.status is not _S.LIBERADO:
        raise Impedimento(NAO_LIBERADO, Lugar(recurso.numero), f"Está em {int(recurso.status)}.")
    recursado: dict[int, Decimal] = defaultdict(lambda: ZERO)
    acatado: dict[int, Decimal] = defaultdict(lambda: ZERO)
    guias = [g for g in protocolos.guias(conn, recurso.lote_id) if g.status is not _S.CANCELADO]
    pesos = [g.informado for g in guias]
    if not any(pesos):
        pesos = [Decimal(1) for _ in guias]
    for linha in recursos.linhas(conn, recurso.protocolo_id):
        for parcela in linha.parcelas:
            aceito = parcela.acatado or ZERO
            if parcela.unidade.guia is not None:
                recursado[parcela.unidade.guia] += parcela.recursado
                acatado[parcela.unidade.guia] += aceito
                continue
            partes = ratear(parcela.recursado, pesos)
            aceitas = ratear(aceito, partes)
            for guia, parte, aceita in zip(guias, partes, aceitas, strict=True):
                recursado[guia.posicao] += parte
                acatado[guia.posicao] += aceita
    ja = partes_pagas.guias_do_recurso(conn, recurso.protocolo_id)
    return [
        Parte(
            recurso.original_id,
            recurso.lote_id,
            posicao,
            Valores(recursado[posicao], recursado[posicao], valor, recursado[posicao] - valor),
            TipoPagamento.RECURSO,
            recurso.protocolo_id,
        )
        for posicao, valor in sorted(acatado.items())
        if valor and posicao not in ja
    ]


def das_partes(conn: Connection, partes: Iterable[Parte]) -> dict[int, Protocolo]:
    """Os protocolos dos recursos de que as partes são, trancados, pela chave."""
    chaves = {parte.recurso_id for parte in partes if parte.recurso_id is not None}
    recursos.trancar_protocolos(conn, chaves)
    return protocolos.por_ids(conn, chaves)


def pagar(conn: Connection, recurso: Protocolo, autor: Autor) -> None:
    """Diz pago um recurso liberado.

    Raises:
        Impedimento: já não está liberado.
    """
    if recurso.status is not _S.LIBERADO:
        raise Impedimento(NAO_LIBERADO, Lugar(recurso.numero), f"Está em {int(recurso.status)}.")
    da_operadora.transitar(conn, recurso, _S.PAGO, "pagamento confirmado", autor)


def voltar(conn: Connection, recurso: Protocolo, motivo: str, autor: Autor) -> None:
    """Um recurso pago que se estornou, ao menos em parte, volta a liberado."""
    if recurso.status is _S.PAGO:
        da_operadora.transitar(conn, recurso, _S.LIBERADO, motivo, autor)
