"""O que um cancelamento alcança, e cancelar guias: totais, situações e histórico."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from dominio.eventos import GUIAS_CANCELADAS
from dominio.situacao import StatusProtocolo
from persistence import alteracoes, protocolos, tabelas, webhooks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from decimal import Decimal
    from typing import Any

    from sqlalchemy import ColumnElement, Row, Select

_NUMEROS_POR_CONSULTA = 500


class LoteAlvo(NamedTuple):
    """Um lote e o seu protocolo.

    Attributes:
        protocolo_id: chave do protocolo.
        protocolo: o número que o prestador conhece.
        status: do protocolo.
        lote_id: chave do lote.
        lote: o número que o prestador lhe deu.
        vivo: se o lote ocupa o seu número.
    """

    protocolo_id: int
    protocolo: int
    status: StatusProtocolo
    lote_id: int
    lote: str
    vivo: bool


class GuiaAlvo(NamedTuple):
    """Uma guia de um lote.

    Attributes:
        do_lote: o lote em que está.
        posicao: no lote, a partir de 1.
        numero_prestador: como o prestador o deu.
        numero_operadora: quando se conhece.
        status: situação própria da guia.
    """

    do_lote: LoteAlvo
    posicao: int
    numero_prestador: str
    numero_operadora: str | None
    status: StatusProtocolo


class Totais(NamedTuple):
    """O informado de um protocolo, em reais, antes e depois de perder guias."""

    antes: Decimal
    depois: Decimal


_p = tabelas.protocolo.c
_l = tabelas.lote.c
_g = tabelas.guia.c
_VALORES = ("informado", "processado", "liberado", "glosa")

_DO_LOTE = (_p.id, _p.numero, _p.status, _l.id, _l.numero, _l.vivo)
_DA_GUIA = (_g.posicao, _g.numero_prestador, _g.numero_operadora, _g.status)


def _lotes(operadora_id: int, prestadores: Collection[int]) -> Select[Any]:
    return (
        select(*_DO_LOTE)
        .select_from(tabelas.protocolo.join(tabelas.lote))
        .where(_p.operadora_id == operadora_id, _l.prestador_id.in_(prestadores))
        .order_by(_p.id.desc())
    )


def lotes_de_numero(
    conn: Connection, operadora_id: int, prestadores: Collection[int], numero: str
) -> tuple[LoteAlvo, ...]:
    """Os lotes que tiveram um número, do mais novo ao mais antigo.

    Args:
        conn: transação.
        operadora_id: dona dos protocolos.
        prestadores: de quem são os lotes.
        numero: o texto exato que o prestador deu.
    """
    linhas = conn.execute(_lotes(operadora_id, prestadores).where(_l.numero == numero))
    return tuple(_lote(linha) for linha in linhas)


def lote_de_protocolo(
    conn: Connection, operadora_id: int, prestadores: Collection[int], protocolo: int
) -> LoteAlvo | None:
    """O lote de um número de protocolo, se é de um dos prestadores."""
    consulta = _lotes(operadora_id, prestadores).where(_p.numero == protocolo)
    linha = conn.execute(consulta).first()
    return None if linha is None else _lote(linha)


def guias_de_numeros(
    conn: Connection,
    operadora_id: int,
    prestadores: Collection[int],
    *,
    do_prestador: Iterable[str] = (),
    da_operadora: Iterable[str] = (),
) -> tuple[GuiaAlvo, ...]:
    """As guias que têm um dos números, das mais novas às mais antigas.

    Args:
        conn: transação.
        operadora_id: dona dos protocolos.
        prestadores: de quem são os lotes.
        do_prestador: números dados pelo prestador.
        da_operadora: números dados pela operadora.
    """
    achadas: dict[tuple[int, int], GuiaAlvo] = {}
    for coluna, numeros in (
        (_g.numero_prestador, do_prestador),
        (_g.numero_operadora, da_operadora),
    ):
        unicos = list(dict.fromkeys(numeros))
        for n in range(0, len(unicos), _NUMEROS_POR_CONSULTA):
            for guia in _guias(
                conn, operadora_id, prestadores, coluna.in_(unicos[n : n + _NUMEROS_POR_CONSULTA])
            ):
                achadas[guia.do_lote.lote_id, guia.posicao] = guia
    return tuple(sorted(achadas.values(), key=lambda g: (-g.do_lote.protocolo_id, g.posicao)))


def guias_do_lote(conn: Connection, alvo: LoteAlvo) -> tuple[StatusProtocolo, ...]:
    """A situação de cada guia de um lote, pela posição."""
    consulta = select(_g.status).where(_g.lote_id == alvo.lote_id).order_by(_g.posicao)
    return tuple(StatusProtocolo(status) for status in conn.execute(consulta).scalars())


def trancar(conn: Connection, protocolo_ids: Iterable[int]) -> None:
    """Espera por quem esteja mudando estes protocolos, e faz os demais esperarem.

    Sempre na mesma ordem, para que dois cancelamentos não se esperem um ao outro.
    """
    consulta = (
        select(_p.id).where(_p.id.in_(sorted(set(protocolo_ids)))).order_by(_p.id).with_for_update()
    )
    conn.execute(consulta).all()


def cancelar_guias(
    conn: Connection,
    alvo: LoteAlvo,
    posicoes: Sequence[int],
    quem: str,
    *,
    agora: datetime | None = None,
) -> Totais | None:
    """Cancela guias que ainda não o estão; sem outra que reste, cancela o protocolo inteiro.

    As guias guardam os seus valores; o protocolo deixa de somá-las, e o histórico diz de quanto a
    quanto passou. O total de um protocolo cancelado fica como estava.

    Args:
        conn: transação de escrita, com o protocolo trancado.
        alvo: o lote.
        posicoes: das guias, a partir de 1.
        quem: quem cancela, para o histórico.
        agora: instante com fuso; por padrão o atual.

    Returns:
        Os totais do protocolo, ou ``None`` se foi cancelado inteiro.
    """
    cancelado = int(StatusProtocolo.CANCELADO)
    do_lote = (_g.lote_id == alvo.lote_id, _g.status != cancelado)
    pedidas = (*do_lote, _g.posicao.in_(posicoes))
    quais = ", ".join(str(p) for p in sorted(set(posicoes)))
    restam = select(func.count()).where(*do_lote, _g.posicao.not_in(posicoes))
    if conn.execute(restam).scalar_one() == 0:
        motivo = f"cancelada a última guia (posição {quais})"
        protocolos.transitar(
            conn, alvo.protocolo_id, StatusProtocolo.CANCELADO, quem, motivo, agora=agora
        )
        return None
    perdidos = conn.execute(
        select(*(func.sum(_g[nome]) for nome in _VALORES)).where(*pedidas)
    ).one()
    conn.execute(update(tabelas.guia).where(*pedidas).values(status=cancelado))
    antes = conn.execute(select(_p.informado).where(_p.id == alvo.protocolo_id)).scalar_one()
    conn.execute(
        update(tabelas.protocolo)
        .where(_p.id == alvo.protocolo_id)
        .values(
            {nome: _p[nome] - perdido for nome, perdido in zip(_VALORES, perdidos, strict=True)}
        )
    )
    alteracoes.marcar_alterado(conn, alvo.protocolo_id)
    totais = Totais(antes, antes - perdidos[0])
    conn.execute(
        insert(tabelas.historico),
        {
            "protocolo_id": alvo.protocolo_id,
            "em": agora or datetime.now(UTC),
            "de": int(alvo.status),
            "para": int(alvo.status),
            "quem": quem,
            "motivo": (
                f"guias canceladas (posição {quais}): informado de R$ {totais.antes} a "
                f"R$ {totais.depois}"
            ),
        },
    )
    _avisar(conn, alvo, agora or datetime.now(UTC))
    return totais


def _avisar(conn: Connection, alvo: LoteAlvo, em: datetime) -> None:
    operadora_id, homologacao = conn.execute(
        select(_p.operadora_id, _p.homologacao).where(_p.id == alvo.protocolo_id)
    ).one()
    webhooks.anotar(
        conn,
        operadora_id,
        GUIAS_CANCELADAS,
        alvo.protocolo,
        em=em,
        de=alvo.status,
        para=alvo.status,
        homologacao=homologacao,
    )


def _guias(
    conn: Connection,
    operadora_id: int,
    prestadores: Collection[int],
    condicao: ColumnElement[bool],
) -> list[GuiaAlvo]:
    consulta = (
        select(*_DO_LOTE, *_DA_GUIA)
        .select_from(
            tabelas.guia.join(tabelas.lote, _l.id == _g.lote_id).join(
                tabelas.protocolo, _p.lote_id == _l.id
            )
        )
        .where(condicao, _p.operadora_id == operadora_id, _l.prestador_id.in_(prestadores))
    )
    corte = len(_DO_LOTE)
    return [
        GuiaAlvo(
            _lote(linha[:corte]),
            linha[corte],
            linha[corte + 1],
            linha[corte + 2],
            StatusProtocolo(linha[corte + 3]),
        )
        for linha in conn.execute(consulta)
    ]


def _lote(valores: Sequence[Any] | Row[Any]) -> LoteAlvo:
    cru = LoteAlvo._make(valores)
    return cru._replace(status=StatusProtocolo(cru.status))
