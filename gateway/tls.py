"""TLS servido pelo próprio gateway, com certificados de cliente se a operadora os aceita."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from gateway.configuracao import ConfiguracaoInvalida

if TYPE_CHECKING:
    from gateway.secoes.servidor import Servidor


def contexto(servidor: Servidor) -> ssl.SSLContext:
    """O contexto TLS de um servidor: TLS 1.2 ou mais novo.

    O certificado de cliente nunca se exige na conexão: quem o precisa mostrar é coisa de cada
    prestador. O que vier tem de ser de uma autoridade de ``tls_client_ca``.

    Raises:
        ConfiguracaoInvalida: um dos arquivos não serve.
    """
    novo = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    novo.minimum_version = ssl.TLSVersion.TLSv1_2
    novo.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    novo.set_alpn_protocols(["http/1.1"])
    carregar(novo, servidor)
    if servidor.tls_client_ca:
        novo.verify_mode = ssl.CERT_OPTIONAL
        try:
            novo.load_verify_locations(servidor.tls_client_ca)
        except (ssl.SSLError, OSError):
            raise ConfiguracaoInvalida("server.tls_client_ca não tem certificados em PEM") from None
    return novo


def carregar(contexto: ssl.SSLContext, servidor: Servidor) -> None:
    """Põe num contexto o certificado do servidor e a sua chave, como estão nos arquivos agora.

    Raises:
        ConfiguracaoInvalida: não estão em PEM, ou a chave não é a do certificado.
    """

    def sem_senha() -> str:
        raise ConfiguracaoInvalida("server.tls_key está cifrada; dê-a sem senha, com modo 0600")

    try:
        contexto.load_cert_chain(servidor.tls_cert, servidor.tls_key or None, sem_senha)
    except (ssl.SSLError, OSError):
        raise ConfiguracaoInvalida(
            "server.tls_cert e server.tls_key não são um certificado e a sua chave, em PEM"
        ) from None
