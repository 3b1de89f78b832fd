"""Registrar os resultados de muitos protocolos de uma vez, com o que não serviu, linha a linha."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento
from handlers.analise.finalizacao import finalizar
from handlers.analise.pedido import PedidoDeFinalizacao
from handlers.analise.registro import registrar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from handlers.analise.linhas import Lida
    from handlers.da_operadora import Autor
    from persistence.banco import Banco


class LinhaRecusada(NamedTuple):
    """Um protocolo que não se gravou.

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


class Opcoes(NamedTuple):
    """Como importar.

    Attributes:
        parcial: grava os que servem ainda que outros não; falso, ou todos ou nenhum.
        finalizar: se finaliza cada protocolo.
        completar: ao finalizar, o que não tem resultado é liberado como foi informado.
    """

    parcial: bool = False
    finalizar: bool = False
    completar: bool = False


class _Desfazer(Exception):
    """Leva para fora da transação o relatório do que não se vai gravar."""

    def __init__(self, relatorio: Relatorio) -> None:
        super().__init__()
        self.relatorio = relatorio


def importar(
    banco: Banco, operadora_id: int, lidas: Iterable[Lida], autor: Autor, opcoes: Opcoes
) -> Relatorio:
    """Registra, e se pedido finaliza, os resultados de cada protocolo do arquivo.

    Com ``parcial``, cada protocolo é uma transação; sem, o arquivo é uma só, e um protocolo que
    não serve deixa todos por gravar. Os outros são conferidos na mesma, para que se corrijam de
    uma vez.

    Args:
        banco: onde gravar.
        operadora_id: de quem são os protocolos.
        lidas: os protocolos, na ordem do arquivo, sem estarem todos na memória.
        autor: quem importa.
        opcoes: como.
    """

    def gravar(conn: Connection, lida: Lida) -> bool:
        assert lida.pedido is not None  # noqa: S101 - só se gravam as que se entendem
        feito = registrar(conn, operadora_id, lida.pedido, autor)
        if opcoes.finalizar and not feito.repetido:
            pedido = PedidoDeFinalizacao(lida.pedido.protocolo, completar=opcoes.completar)
            finalizar(conn, operadora_id, pedido, autor)
        return feito.repetido

    if opcoes.parcial:

        def sozinho(lida: Lida) -> bool:
            with banco.escrita() as conn:
                return gravar(conn, lida)

        return _percorrer(lidas, sozinho)
    try:
        with banco.escrita() as conn:

            def junto(lida: Lida) -> bool:
                with conn.begin_nested():
                    return gravar(conn, lida)

            relatorio = _percorrer(lidas, junto)
            if relatorio.recusados:
                raise _Desfazer(relatorio._replace(gravados=0))
            return relatorio
    except _Desfazer as desfeita:
        return desfeita.relatorio


def _percorrer(lidas: Iterable[Lida], gravar: Callable[[Lida], bool]) -> Relatorio:
    total = gravados = repetidos = 0
    recusados: list[LinhaRecusada] = []
    for lida in lidas:
        total += 1
        if lida.pedido is None:
            recusados.append(LinhaRecusada(lida.linha, "linha-invalida", lida.defeito))
            continue
        try:
            if gravar(lida):
                repetidos += 1
            else:
                gravados += 1
        except Impedimento as impedimento:
            recusados.append(LinhaRecusada(lida.linha, impedimento.chave, impedimento.texto))
    return Relatorio(total, gravados, repetidos, tuple(recusados))
