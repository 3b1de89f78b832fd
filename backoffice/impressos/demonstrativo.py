"""A folha de um demonstrativo de qualquer tipo, e de que pacientes ele fala."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.impressos import analise_conta, pagamento
from handlers.demonstrativo import DemonstrativoAnalise

if TYPE_CHECKING:
    from backoffice.impressos.folha import Folha
    from handlers.demonstrativo import Demonstrativo


def montar(demonstrativo: Demonstrativo) -> Folha:
    """O impresso do demonstrativo."""
    if isinstance(demonstrativo, DemonstrativoAnalise):
        return analise_conta.montar(demonstrativo)
    return pagamento.montar(demonstrativo)


def carteiras(demonstrativo: Demonstrativo) -> frozenset[str]:
    """As carteiras de que fala, para a auditoria."""
    if isinstance(demonstrativo, DemonstrativoAnalise):
        return frozenset(guia.carteira for guia in demonstrativo.conta.guias)
    return frozenset(
        guia.carteira
        for data in demonstrativo.pagamentos
        for protocolo in data.protocolos
        for guia in protocolo.guias
    )
