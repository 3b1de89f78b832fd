"""De onde um pedido vem e que endereço público ele usou, com ou sem proxy na frente."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from gateway.secoes.servidor import Servidor

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")

_TLS = "tls"
"""Extensão do escopo ASGI em que o servidor põe o certificado do cliente."""
_PEM = re.compile(rb"-----(?:BEGIN|END) CERTIFICATE-----")


class Origem:
    """Lê endereço do cliente e endereço público de um pedido.

    Args:
        servidor: diz o endereço público e os proxies cujos cabeçalhos valem.
    """

    def __init__(self, servidor: Servidor) -> None:
        self._publico = servidor.public_url.rstrip("/")
        self._cabecalho_do_certificado = servidor.client_cert_header.lower().encode()
        self._proxies = [ipaddress.ip_network(r) for r in servidor.trusted_proxies]

    def cliente(self, scope: Any) -> str:
        """Endereço IP de quem pede; o do cabeçalho só quando vem de um proxy de confiança.

        O cabeçalho repetido lê-se como um só, na ordem (RFC 9110, 5.3): há proxies que escrevem o
        seu passo numa linha própria, depois da que o cliente mandou.
        """
        direto = (scope.get("client") or ("", 0))[0]
        if not self._confia(direto):
            return str(direto)
        linhas = _ditos(scope, b"x-forwarded-for")
        passos = [p.strip() for p in b",".join(linhas).decode("latin-1").split(",")]
        for passo in reversed(passos):
            # da direita para a esquerda, o primeiro que não é proxy nosso é o cliente
            if not _e_ip(passo):
                break
            if not self._confia(passo):
                return passo
        return str(direto)

    def certificado(self, scope: Any) -> str | None:
        """SHA-256 hexadecimal do certificado de cliente da conexão; ``None`` sem certificado.

        Atrás de um proxy de confiança é o do cabeçalho que ele escreve, se um só; fora dele, o da
        própria conexão TLS, e o cabeçalho não vale.
        """
        der: bytes | None = None
        if self._cabecalho_do_certificado and self._confia((scope.get("client") or ("", 0))[0]):
            dito = _unico(scope, self._cabecalho_do_certificado)
            der = None if dito is None else _der(dito)
        else:
            der = scope.get("extensions", {}).get(_TLS, {}).get("client_cert_der")
        return None if der is None else hashlib.sha256(der).hexdigest()

    def base(self, scope: Any) -> str:
        """Endereço público sem barra final: a configuração, o proxy de confiança ou o Host.

        Um cabeçalho repetido não vale: não se sabe qual das linhas é a do proxy.
        """
        if self._publico:
            return self._publico
        esquema = scope.get("scheme", "http")
        host = (_unico(scope, b"host") or b"").decode("latin-1")
        if self._confia((scope.get("client") or ("", 0))[0]):
            encaminhado = (_unico(scope, b"x-forwarded-proto") or b"").decode("latin-1").strip()
            esquema = encaminhado if encaminhado in ("http", "https") else esquema
            host = (_unico(scope, b"x-forwarded-host") or host.encode("latin-1")).decode("latin-1")
        if not _HOST.fullmatch(host):
            servidor = scope.get("server") or ("localhost", None)
            host = servidor[0] if servidor[1] is None else f"{servidor[0]}:{servidor[1]}"
        return f"{esquema}://{host}"

    def _confia(self, endereco: str) -> bool:
        if not self._proxies or not _e_ip(endereco):
            return False
        ip = ipaddress.ip_address(endereco)
        return any(ip in rede for rede in self._proxies)


def _ditos(scope: Any, nome: bytes) -> list[bytes]:
    """O que cada linha de um cabeçalho diz, na ordem em que vieram."""
    return [v for n, v in scope["headers"] if n == nome]


def _unico(scope: Any, nome: bytes) -> bytes | None:
    """O valor de um cabeçalho que veio uma só vez."""
    ditos = _ditos(scope, nome)
    return ditos[0] if len(ditos) == 1 else None


def _der(valor: bytes) -> bytes | None:
    """O DER do primeiro certificado de um cabeçalho.

    Serve o PEM em percentuais do nginx, o sem linhas do Traefik (que separa a cadeia por vírgulas)
    e o base64 do HAProxy.
    """
    partes = [p for p in _PEM.split(unquote_to_bytes(valor)) if p.strip()]
    primeiro = b"".join((partes or [b""])[0].partition(b",")[0].split())
    try:
        return base64.b64decode(primeiro, validate=True) or None
    except binascii.Error:
        return None


def _e_ip(texto: str) -> bool:
    try:
        ipaddress.ip_address(texto)
    except ValueError:
        return False
    return True
