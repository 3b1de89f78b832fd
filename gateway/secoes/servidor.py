"""Seção ``[server]``: onde e como se escuta."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway import escuta
from gateway.escuta import Escuta
from gateway.secoes.base import MIB, Secao

Parte = Literal["soap", "api", "console"]
PARTES: tuple[Parte, ...] = ("soap", "api", "console")

_NOME_DE_CABECALHO = re.compile(r"[A-Za-z0-9-]{1,100}")


class Servidor(Secao):
    """Seção ``[server]``.

    Attributes:
        host: endereço em que se escuta; fora de loopback exige TLS, proxy de confiança ou
            ``allow_plain_http``.
        port: porta TCP; 0 escolhe uma livre.
        admin_listen: endereço e porta só da API, do console e das métricas, que no outro deixam de
            existir; vazio, está tudo em ``host`` e ``port``.
        only: as partes que se servem; a saúde e as métricas, sempre.
        workers: processos.
        threads: mensagens ao mesmo tempo em cada processo.
        public_url: endereço público que os WSDL dizem; vazio usa o Host do pedido.
        trusted_proxies: endereços ou redes cujos cabeçalhos X-Forwarded valem.
        client_cert_header: cabeçalho em que um proxy de confiança diz o certificado do cliente.
        tls_cert: arquivo PEM com o certificado do servidor e a sua cadeia; vazio, HTTP sem TLS.
        tls_key: arquivo PEM da chave privada; vazio, está em ``tls_cert``.
        tls_client_ca: arquivo PEM das autoridades cujos certificados de cliente se aceitam.
        allow_plain_http: permite HTTP sem TLS fora de loopback.
        header_timeout: segundos para o cabeçalho HTTP chegar.
        body_timeout: segundos para o corpo chegar.
        keep_alive: segundos que uma conexão ociosa fica aberta.
        graceful_timeout: segundos que a parada espera pelas mensagens em curso.
        max_message: bytes de uma mensagem, também descomprimida.
        max_file: bytes de cada XML enviado em arquivo.
        max_upload: bytes de um pedido de envio de arquivos, e dos arquivos depois de abertos.
        memory_budget: bytes de corpos em memória por processo, metade no máximo de um endereço só;
            além disso, 503.
        max_connections: conexões ao mesmo tempo por processo.
        max_unknown_daily: bytes que cada endereço pode deixar no arquivo por dia sem se autenticar.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    admin_listen: str = ""
    only: Annotated[tuple[Parte, ...], Field(min_length=1)] = PARTES
    workers: Annotated[int, Field(ge=1, le=128)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    client_cert_header: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    allow_plain_http: bool = False
    header_timeout: Annotated[float, Field(gt=0)] = 10.0
    body_timeout: Annotated[float, Field(gt=0)] = 30.0
    keep_alive: Annotated[int, Field(ge=0)] = 15
    graceful_timeout: Annotated[int, Field(ge=0)] = 30
    max_message: Annotated[int, Field(ge=1024)] = 16 * MIB
    max_file: Annotated[int, Field(ge=1024)] = 15 * MIB
    max_upload: Annotated[int, Field(ge=1024)] = 64 * MIB
    memory_budget: Annotated[int, Field(ge=MIB)] = 256 * MIB
    max_connections: Annotated[int, Field(ge=1)] = 2000
    max_unknown_daily: Annotated[int, Field(ge=0)] = 64 * MIB

    @model_validator(mode="after")
    def _endereco_publico(self) -> Servidor:
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("public_url deve começar por http:// ou https://")
        return self

    @model_validator(mode="after")
    def _escuta_segura(self) -> Servidor:
        for rede in self.trusted_proxies:
            try:
                ipaddress.ip_network(rede)
            except ValueError:
                raise ValueError(f"trusted_proxies: {rede} não é endereço nem rede") from None
        if self.tls_cert or self.trusted_proxies or self.allow_plain_http:
            return self
        onde = {"host": self.publica, "admin_listen": self.administracao}
        for chave, endereco in onde.items():
            if endereco is not None and not endereco.local:
                raise ValueError(
                    f"{chave} {endereco.host} não é loopback: diga o certificado em tls_cert, ou "
                    "ponha um proxy com TLS na frente e o diga em trusted_proxies, ou assuma o "
                    "risco com allow_plain_http = true"
                )
        return self

    @model_validator(mode="after")
    def _tls_inteiro(self) -> Servidor:
        for chave in ("tls_cert", "tls_key", "tls_client_ca"):
            arquivo = getattr(self, chave)
            if arquivo and not self.tls_cert:
                raise ValueError(f"{chave} só vale com tls_cert")
            if arquivo and not Path(arquivo).is_file():
                raise ValueError(f"{chave} não é um arquivo que se possa ler")
        if self.client_cert_header and not self.trusted_proxies:
            raise ValueError(
                "client_cert_header só vale com trusted_proxies: de outro qualquer seria forjado"
            )
        if self.client_cert_header and not _NOME_DE_CABECALHO.fullmatch(self.client_cert_header):
            raise ValueError("client_cert_header não é o nome de um cabeçalho HTTP")
        return self

    @field_validator("admin_listen")
    @classmethod
    def _endereco_da_administracao(cls, valor: str) -> str:
        if valor:
            escuta.ler(valor)
        return valor

    @property
    def publica(self) -> Escuta:
        """Onde se escuta para todos."""
        return Escuta(self.host, self.port)

    @property
    def administracao(self) -> Escuta | None:
        """Onde se escuta só para a administração, se é outro endereço."""
        return escuta.ler(self.admin_listen) if self.admin_listen else None
