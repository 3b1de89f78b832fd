"""O que se pede e o que se responde, sem XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime

    from dominio.lote import Identificacao
    from handlers.demonstrativo.modelo import Demonstrativo, SituacaoDoPedido, Tipo
    from persistence.consultas.demonstrativos import Dono
    from persistence.demonstrativos import Emitido

MAIOR_PEDIDO = 30
"""Protocolos de um pedido, e demonstrativos de uma resposta."""


class PedidoDeAnalise(NamedTuple):
    """A análise de conta de 1 a 30 protocolos.

    Attributes:
        prestador: identificação que a resposta repete.
        protocolos: como vieram; zeros à esquerda não contam.
    """

    prestador: Identificacao
    protocolos: tuple[str, ...]


class PedidoDePagamento(NamedTuple):
    """O que se pagou num dia ou numa competência.

    Attributes:
        prestador: identificação que a resposta repete.
        tipo: ``PAGAMENTO`` ou ``ODONTO``.
        inicio: primeiro dia, inclusive.
        fim: último dia; num pedido por data é o mesmo, e acha também a data prevista.
    """

    prestador: Identificacao
    tipo: Tipo
    inicio: date
    fim: date


Pedido = PedidoDeAnalise | PedidoDePagamento


class Peca(NamedTuple):
    """Um demonstrativo da resposta, emitido agora ou antes.

    Attributes:
        demonstrativo: com número e data depois de emitido.
        dono: de quem é.
        chave: do que é, para a emissão.
        protocolo_id: do protocolo, se é de um.
        texto: o XML na versão da resposta, com lacunas no lugar do que não é fato.
        sha256: dos fatos.
        anterior: a última emissão da chave na versão.
        numero: inteiro, depois de emitido.
        emitido_em: instante em UTC, depois de emitido.
    """

    demonstrativo: Demonstrativo | SituacaoDoPedido
    dono: Dono
    chave: str
    protocolo_id: int | None
    texto: str
    sha256: str
    anterior: Emitido | None = None
    numero: int = 0
    emitido_em: datetime | None = None

    @property
    def mudou(self) -> bool:
        """Se os fatos não são os da última emissão, e por isso se emite outra vez."""
        return self.anterior is None or self.anterior.sha256 != self.sha256


class Resposta(NamedTuple):
    """O que se responde.

    Attributes:
        pecas: as análises pedidas, ou um pagamento, ou uma situação.
        prestador: identificação a repetir.
        ausentes: o que se diz dos protocolos sem demonstrativo.
    """

    pecas: tuple[Peca, ...]
    prestador: Identificacao
    ausentes: str = ""
