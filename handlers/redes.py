"""O endereço de quem envia, na unidade em que se contam erros e bytes."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_PREFIXO_V6 = 64
"""Em IPv6 um só cliente tem uma rede /64 inteira, e trocaria de endereço a cada tentativa."""


@lru_cache(maxsize=4096)
def rede(endereco: str) -> str:
    """O endereço IPv4, ou a rede /64 de um IPv6; o que não é IP fica como está."""
    try:
        ip = ipaddress.ip_address(endereco)
    except ValueError:
        return endereco
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    # a zona de um endereço local só tem sentido nesta máquina
    inteiro = int(ip) >> (128 - _PREFIXO_V6) << (128 - _PREFIXO_V6)
    return f"{ipaddress.IPv6Address(inteiro)}/{_PREFIXO_V6}"
