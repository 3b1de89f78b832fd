"""A que endereços este programa pode ligar: nunca para dentro da rede, salvo o que se listou.

Serve aos avisos, cujo endereço um sistema da operadora escreve, e às listas de revogados, cujo
endereço vem de um certificado ou de um redirecionamento.

O nome resolve-se uma vez por ligação, todos os seus endereços se conferem, e é a um deles que se
liga: um DNS que muda de resposta entre a conferência e a ligação não leva a outro lugar.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dominio.urls import PORTAS, ler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Endereco = ipaddress.IPv4Address | ipaddress.IPv6Address
Rede = ipaddress.IPv4Network | ipaddress.IPv6Network
# traduzem IPv4 dentro de IPv6 (RFC 6052 e 8215): o que vale é o endereço de dentro
_TRADUTORES = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
_METADE_BAIXA = 0xFFFFFFFF


class EnderecoRecusado(ValueError):
    """Para lá não se liga; o texto diz por quê."""


class Destino(NamedTuple):
    """A que ligar.

    Attributes:
        ip: endereço conferido.
        nome: o da URL, que o certificado deve ter.
        porta: TCP.
        https: se com TLS.
        caminho: com a consulta.
    """

    ip: str
    nome: str
    porta: int
    https: bool
    caminho: str

    @property
    def cabecalho_host(self) -> str:
        """``Host``, com a porta quando não é a comum."""
        nome = f"[{self.nome}]" if ":" in self.nome else self.nome
        comum = PORTAS["https" if self.https else "http"]
        return nome if self.porta == comum else f"{nome}:{self.porta}"


def _resolver(nome: str, porta: int) -> Sequence[str]:
    achados = socket.getaddrinfo(nome, porta, type=socket.SOCK_STREAM)
    return [str(achado[4][0]) for achado in achados]


@dataclass(frozen=True, slots=True)
class Politica:
    """O que se permite.

    Attributes:
        redes: as que se listaram; só a elas se liga ainda que não sejam públicas.
        http_publico: se a endereços públicos também se liga por http; às redes listadas, sempre.
        resolver: nome e porta -> endereços, por ordem de preferência.
    """

    redes: tuple[Rede, ...] = ()
    resolver: Callable[[str, int], Sequence[str]] = _resolver
    http_publico: bool = False

    def destino(self, url: str) -> Destino:
        """A que ligar agora para chegar a uma URL.

        Raises:
            EnderecoRecusado: a URL não serve, o nome não se resolve, ou leva aonde não se pode.
        """
        try:
            partes = ler(url)
        except ValueError as erro:
            raise EnderecoRecusado(str(erro)) from None
        try:
            textos = self.resolver(partes.nome, partes.porta)
            achados = [ipaddress.ip_address(texto.partition("%")[0]) for texto in textos]
        except (OSError, UnicodeError, ValueError):
            raise EnderecoRecusado("o nome não se resolve") from None
        if not achados:
            raise EnderecoRecusado("o nome não se resolve")
        for achado in achados:
            self._conferir(achado, https=partes.https)
        return Destino(str(achados[0]), *partes)

    def _conferir(self, achado: Endereco, *, https: bool) -> None:
        real = _de_dentro(achado)
        if any(real.version == rede.version and real in rede for rede in self.redes):
            return
        if not publico(real):
            raise EnderecoRecusado("o nome leva a um endereço que não é público nem está listado")
        if not https and not self.http_publico:
            raise EnderecoRecusado("só https, salvo para endereços listados")


def redes(textos: Sequence[str]) -> tuple[Rede, ...]:
    """As redes listadas numa seção da configuração, que já as conferiu."""
    return tuple(ipaddress.ip_network(texto) for texto in textos)


def publico(endereco: Endereco) -> bool:
    """Se um endereço é da internet, e de uma só máquina."""
    return endereco.is_global and not (
        endereco.is_multicast or endereco.is_reserved or endereco.is_unspecified
    )


def _de_dentro(endereco: Endereco) -> Endereco:
    """O IPv4 a que um IPv6 que o traduz leva."""
    if isinstance(endereco, ipaddress.IPv4Address):
        return endereco
    if endereco.ipv4_mapped is not None:
        return endereco.ipv4_mapped
    if endereco.sixtofour is not None:
        return endereco.sixtofour
    if endereco.teredo is not None:
        return endereco.teredo[1]
    if any(endereco in rede for rede in _TRADUTORES):
        return ipaddress.IPv4Address(int(endereco) & _METADE_BAIXA)
    return endereco
