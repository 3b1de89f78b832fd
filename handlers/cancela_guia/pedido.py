"""O que se pede para cancelar, e o que se responde."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dominio.cancelamento import NaturezaGuia, StatusCancelamento
    from dominio.lote import Identificacao


class AlvoLote(NamedTuple):
    """O lote a cancelar.

    Attributes:
        numero: o que o prestador lhe deu.
        protocolo: como veio, quando veio.
    """

    numero: str
    protocolo: str | None = None


class AlvoGuia(NamedTuple):
    """Uma guia a cancelar.

    Attributes:
        natureza: de que espécie é.
        numero_prestador: só 4.00.00 o deixa faltar.
        numero_operadora: quando veio.
        protocolo: como veio, quando veio.
    """

    natureza: NaturezaGuia
    numero_prestador: str | None
    numero_operadora: str | None = None
    protocolo: str | None = None


class PedidoDeCancelamento(NamedTuple):
    """O que se pede: um lote, ou guias.

    Attributes:
        prestador: identificação que a resposta repete.
        lote: ausente quando se pedem guias.
        guias: vazio quando se pede um lote.
    """

    prestador: Identificacao
    lote: AlvoLote | None = None
    guias: tuple[AlvoGuia, ...] = ()


class Desfecho(NamedTuple):
    """O que foi de um alvo.

    Attributes:
        status: o que se responde.
        alvo: como se pediu, completado com o que se achou.
    """

    status: StatusCancelamento
    alvo: AlvoLote | AlvoGuia


class Recibo(NamedTuple):
    """O que a resposta diz.

    Attributes:
        prestador: identificação a repetir.
        desfechos: um por alvo, na ordem do pedido.
    """

    prestador: Identificacao
    desfechos: tuple[Desfecho, ...]
    avisos: tuple[str, ...] = ()

    @property
    def anotacoes(self) -> dict[str, Any]:
        """As situações respondidas, como ficam no arquivo."""
        return {"cancelamento": [int(d.status) for d in self.desfechos]}
