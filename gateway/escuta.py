"""Um endereço em que o servidor escuta."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_DITO = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]]+)):(?P<porta>[0-9]{1,5})")
_MAIOR_PORTA = 65_535


class Escuta(NamedTuple):
    """Endereço IP, ou ``localhost``, e porta TCP."""

    host: str
    porta: int

    @property
    def local(self) -> bool:
        """Se só a própria máquina o alcança."""
        ip = _ip(self.host)
        return self.host == "localhost" if ip is None else ip.is_loopback

    def e(self, servidor: Sequence[object] | None) -> bool:
        """Se é por aqui que entrou uma conexão, pelo lado de cá dela (``server`` do ASGI)."""
        if servidor is None or servidor[1] != self.porta:
            return False
        ip = _ip(self.host)
        if ip is not None and ip.is_unspecified:
            # quem escuta em todos não divide a porta com ninguém
            return True
        return servidor[0] == ("127.0.0.1" if ip is None else str(ip))


def ler(texto: str) -> Escuta:
    """Lê ``127.0.0.1:9090``, ``[::1]:9090`` ou ``localhost:9090``.

    Raises:
        ValueError: não é endereço e porta, com o que se espera.
    """
    achado = _DITO.fullmatch(texto)
    if achado is not None:
        host, porta = achado["v6"] or achado["host"], int(achado["porta"])
        ip = _ip(host)
        if 0 < porta <= _MAIOR_PORTA and (ip is not None or host == "localhost"):
            return Escuta(host if ip is None else str(ip), porta)
    raise ValueError("deve ser endereço IP e porta, como 127.0.0.1:9090 ou [::1]:9090")


def _ip(texto: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(texto)
    except ValueError:
        return None
