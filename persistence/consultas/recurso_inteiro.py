"""Um recurso com tudo o que a sua página e o seu impresso mostram."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from persistence import documentos, notas_fiscais, protocolos, recursos, tabelas
from persistence.consultas import impressos

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from persistence.documentos import Documento
    from persistence.notas_fiscais import NotaFiscal
    from persistence.prestadores import Prestador
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Passagem, Protocolo
    from persistence.recursos_valores import Linha, Recurso


class RecursoInteiro(NamedTuple):
    """Um recurso e o que o cerca.

    Attributes:
        recurso: como se guardou.
        original: o protocolo de que se recorre.
        prestador: de quem é o lote.
        linhas: pela posição.
        guias: as do lote, pela posição.
        itens: os do lote, pela posição da guia e do item.
        documentos: do primeiro ao último recebido.
        historico: da primeira passagem à última.
        notas: as notas fiscais dos pagamentos do protocolo e do recurso.
        pago_em: quando se pagou o acatado; ausente enquanto não se paga.
    """

    recurso: Recurso
    original: Protocolo
    prestador: Prestador
    linhas: tuple[Linha, ...]
    guias: Mapping[int, GuiaGuardada]
    itens: Mapping[tuple[int, int], ItemGuardado]
    documentos: tuple[Documento, ...]
    historico: tuple[Passagem, ...]
    notas: tuple[NotaFiscal, ...]
    pago_em: date | None

    @property
    def carteiras(self) -> frozenset[str]:
        """De quem são as guias contestadas; de um recurso do protocolo, as do lote inteiro."""
        posicoes = {linha.guia_posicao for linha in self.linhas}
        inteiro = None in posicoes
        return frozenset(
            guia.beneficiario.carteira
            for posicao, guia in self.guias.items()
            if inteiro or posicao in posicoes
        )


_x = tabelas.pagamento_parte.c
_t = tabelas.pagamento.c


def ler(conn: Connection, operadora_id: int, numero: int) -> RecursoInteiro | None:
    """O recurso de um número da operadora; ``None`` se não há."""
    recurso = recursos.por_numero(conn, operadora_id, numero)
    if recurso is None:
        return None
    original = protocolos.por_ids(conn, [recurso.original_id])[recurso.original_id]
    dono = impressos.dono(conn, operadora_id, recurso.original)
    assert dono is not None  # noqa: S101 - a chave estrangeira o garante
    return RecursoInteiro(
        recurso,
        original,
        dono,
        recursos.linhas(conn, recurso.protocolo_id),
        {guia.posicao: guia for guia in protocolos.guias(conn, recurso.lote_id)},
        {(i.guia_posicao, i.posicao): i for i in protocolos.itens(conn, recurso.lote_id)},
        documentos.do_protocolo(conn, operadora_id, recurso.protocolo_id),
        protocolos.historico(conn, recurso.protocolo_id),
        _notas(conn, recurso),
        _pago_em(conn, recurso),
    )


def _notas(conn: Connection, recurso: Recurso) -> tuple[NotaFiscal, ...]:
    # a parte de um recurso também diz de que protocolo é
    consulta = (
        select(_x.pagamento_id)
        .where(_x.protocolo_id == recurso.original_id, _x.viva)
        .distinct()
        .order_by(_x.pagamento_id)
    )
    pagamentos = conn.execute(consulta).scalars().all()
    return tuple(nota for p in pagamentos for nota in notas_fiscais.do_pagamento(conn, p))


def _pago_em(conn: Connection, recurso: Recurso) -> date | None:
    consulta = (
        select(_t.data)
        .join_from(tabelas.pagamento_parte, tabelas.pagamento)
        .where(_x.recurso_id == recurso.protocolo_id, _x.viva, _t.confirmado_em.is_not(None))
        .limit(1)
    )
    return conn.execute(consulta).scalar_one_or_none()
