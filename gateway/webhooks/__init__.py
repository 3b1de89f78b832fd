"""Os avisos a sistemas da operadora: para onde podem ir, como se assinam, como se entregam."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.destinos import Politica, redes
from gateway.webhooks.carteiro import Carteiro, Prazos

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.secoes.webhooks import Webhooks

__all__ = ["Carteiro", "Politica", "Prazos", "carteiro", "conferir", "politica"]


def politica(ajustes: Webhooks) -> Politica:
    """Para onde se pode mandar, pela configuração."""
    return Politica(redes(ajustes.allow_networks))


def conferir(ajustes: Webhooks) -> Callable[[str], None]:
    """O que recusa, com ``EnderecoRecusado``, a URL a que agora não se poderia mandar."""
    permitida = politica(ajustes)

    def conferir_url(url: str) -> None:
        permitida.destino(url)

    return conferir_url


def carteiro(ajustes: Webhooks) -> Carteiro:
    """Quem entrega os avisos, pela configuração."""
    prazos = Prazos(chamada=ajustes.timeout, guarda=timedelta(days=ajustes.keep_days))
    return Carteiro(politica(ajustes), prazos, autoridades=ajustes.ca_file or None)
