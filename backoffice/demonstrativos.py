"""Emitir um demonstrativo por uma das portas do backoffice, e o que dele vai à auditoria."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.impressos import demonstrativo as impresso
from handlers import demonstrativo as casos

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.demonstrativo import Emitidos, Pedido, SituacaoDoPedido
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


class AindaNaoHa(Exception):
    """O que se pede ainda não se analisou.

    Attributes:
        situacao: do primeiro protocolo pedido.
    """

    def __init__(self, situacao: SituacaoDoPedido) -> None:
        super().__init__(f"Ainda não há demonstrativo: {situacao.situacao.texto}.")
        self.situacao = situacao


class Pronto(NamedTuple):
    """O que se emitiu.

    Attributes:
        emitidos: pelo menos um demonstrativo.
        numeros: os deles.
        carteiras: dos beneficiários que neles aparecem.
    """

    emitidos: Emitidos
    numeros: list[str]
    carteiras: frozenset[str]


def emitir(
    banco: Banco,
    operadora: Operadora,
    prestador: Prestador,
    pedido: Pedido,
    *,
    agora: datetime,
    versao: str,
) -> Pronto:
    """Emite o que um prestador pode pedir.

    Args:
        banco: onde se lê e se numera.
        operadora: quem emite.
        prestador: de quem são as contas.
        pedido: o que se quer.
        agora: instante em UTC.
        versao: do padrão.

    Raises:
        AindaNaoHa: nada do que se pede está analisado.
        RegraRecusada: o pedido não se atende.
    """
    emitidos = casos.emitir(banco, operadora, prestador, pedido, agora=agora, versao=versao)
    if not emitidos.demonstrativos:
        assert emitidos.situacao is not None  # noqa: S101 - sem demonstrativos há a situação
        raise AindaNaoHa(emitidos.situacao)
    return Pronto(
        emitidos,
        [um.cabecalho.numero for um in emitidos.demonstrativos],
        frozenset().union(*map(impresso.carteiras, emitidos.demonstrativos)),
    )
