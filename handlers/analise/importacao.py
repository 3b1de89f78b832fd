"""Registrar os resultados de muitos protocolos de uma vez."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handlers.analise.finalizacao import finalizar
from handlers.analise.pedido import PedidoDeFinalizacao, PedidoDeRegistro
from handlers.analise.registro import registrar
from handlers.em_massa import gravar_linhas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.em_massa import Lida, Relatorio
    from persistence.banco import Banco


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


def importar(
    banco: Banco,
    operadora_id: int,
    lidas: Iterable[Lida[PedidoDeRegistro]],
    autor: Autor,
    opcoes: Opcoes,
) -> Relatorio:
    """Registra, e se pedido finaliza, os resultados de cada protocolo do arquivo.

    Args:
        banco: onde gravar.
        operadora_id: de quem são os protocolos.
        lidas: os protocolos, na ordem do arquivo, sem estarem todos na memória.
        autor: quem importa.
        opcoes: como.
    """

    def gravar(conn: Connection, pedido: PedidoDeRegistro) -> bool:
        feito = registrar(conn, operadora_id, pedido, autor)
        if opcoes.finalizar and not feito.repetido:
            final = PedidoDeFinalizacao(pedido.protocolo, completar=opcoes.completar)
            finalizar(conn, operadora_id, final, autor)
        return feito.repetido

    return gravar_linhas(banco, lidas, gravar, parcial=opcoes.parcial)
