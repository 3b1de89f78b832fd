"""Gravar muitas linhas de um arquivo, com o que não serviu dito linha a linha."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from dominio.impedimento import Impedimento

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from persistence.banco import Banco

T = TypeVar("T")


class Lida(NamedTuple, Generic[T]):
    """O que uma linha, ou as linhas de um protocolo, trazem.

    Attributes:
        linha: número da primeira no arquivo, a partir de 1.
        pedido: o que gravar; ausente se a linha não se entende.
        defeito: por que não se entende.
    """

    linha: int
    pedido: T | None
    defeito: str = ""


class LinhaRecusada(NamedTuple):
    """Uma linha que não se gravou.

    Attributes:
        linha: no arquivo, a partir de 1.
        chave: nome estável do motivo; ``linha-invalida`` se a linha não se entende.
        texto: o que está errado e onde.
    """

    linha: int
    chave: str
    texto: str


class Relatorio(NamedTuple):
    """O que uma importação fez.

    Attributes:
        lidos: protocolos no arquivo.
        gravados: os que se gravaram agora.
        repetidos: os que uma importação anterior do mesmo arquivo já tinha gravado.
        recusados: os que não se gravaram, por linha.
    """

    lidos: int
    gravados: int
    repetidos: int
    recusados: tuple[LinhaRecusada, ...]


class _Desfazer(Exception):
    """Leva para fora da transação o relatório do que não se vai gravar."""

    def __init__(self, relatorio: Relatorio) -> None:
        super().__init__()
        self.relatorio = relatorio


def gravar_linhas(
    banco: Banco,
    lidas: Iterable[Lida[T]],
    gravar: Callable[[Connection, T], bool],
    *,
    parcial: bool,
) -> Relatorio:
    """Grava o que cada linha traz.

    Com ``parcial``, cada linha é uma transação; sem, o arquivo é uma só, e uma linha que não serve
    deixa todas por gravar. As outras são conferidas na mesma, para que se corrijam de uma vez.

    Args:
        banco: onde gravar.
        lidas: na ordem do arquivo, sem estarem todas na memória.
        gravar: grava uma, e diz se ela já estava gravada.
        parcial: se as que servem se gravam ainda que outras não.
    """
    if parcial:

        def sozinha(pedido: T) -> bool:
            with banco.escrita() as conn:
                return gravar(conn, pedido)

        return _percorrer(lidas, sozinha)
    try:
        with banco.escrita() as conn:

            def junta(pedido: T) -> bool:
                with conn.begin_nested():
                    return gravar(conn, pedido)

            relatorio = _percorrer(lidas, junta)
            if relatorio.recusados:
                raise _Desfazer(relatorio._replace(gravados=0))
            return relatorio
    except _Desfazer as desfeita:
        return desfeita.relatorio


def _percorrer(lidas: Iterable[Lida[T]], gravar: Callable[[T], bool]) -> Relatorio:
    total = gravados = repetidos = 0
    recusados: list[LinhaRecusada] = []
    for lida in lidas:
        total += 1
        if lida.pedido is None:
            recusados.append(LinhaRecusada(lida.linha, "linha-invalida", lida.defeito))
            continue
        try:
            if gravar(lida.pedido):
                repetidos += 1
            else:
                gravados += 1
        except Impedimento as impedimento:
            recusados.append(LinhaRecusada(lida.linha, impedimento.chave, impedimento.texto))
    return Relatorio(total, gravados, repetidos, tuple(recusados))
