"""Em nome de quem se mexe num rascunho, e o rascunho trancado enquanto se mexe."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento
from dominio.impedimentos_de_recurso import RASCUNHO_AUSENTE, RASCUNHO_ENVIADO
from persistence import rascunhos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dominio.recurso import Origem
    from handlers.da_operadora import Autor
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.rascunhos import Rascunho


class Quem(NamedTuple):
    """Em nome de quem se digita.

    Attributes:
        operadora: dona do protocolo.
        prestador: de quem é o lote.
        origem: portal, ou a própria operadora.
        autor: quem pede, e quando.
    """

    operadora: Operadora
    prestador: Prestador
    origem: Origem
    autor: Autor


def trancar(conn: Connection, quem: Quem, rascunho_id: int) -> Rascunho:
    """O rascunho, trancado até o fim da transação.

    Raises:
        Impedimento: o prestador não o tem, ou já se enviou.
    """
    rascunho = rascunhos.trancar(conn, quem.operadora.id, (quem.prestador.id,), rascunho_id)
    if rascunho is None:
        raise Impedimento(RASCUNHO_AUSENTE)
    if rascunho.recurso_id is not None:
        raise Impedimento(RASCUNHO_ENVIADO)
    return rascunho
