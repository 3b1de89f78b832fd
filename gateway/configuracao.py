"""Configuração: arquivo TOML, variáveis de ambiente, padrões que funcionam.

Cada chave também é variável ``TISS_GATEWAY_<SEÇÃO>__<CHAVE>``, que vale por cima do arquivo.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

VARIAVEL = "TISS_GATEWAY_CONFIG"
ARQUIVO_PADRAO = "tiss-gateway.toml"
MIB = 1_048_576


_TEXTOS = {
    "extra_forbidden": "chave desconhecida",
    "int_parsing": "deve ser um número inteiro",
    "int_type": "deve ser um número inteiro",
    "float_parsing": "deve ser um número",
    "bool_parsing": "deve ser true ou false",
    "string_type": "deve ser um texto",
    "literal_error": "não é um dos valores aceitos",
    "greater_than": "está abaixo do mínimo",
    "greater_than_equal": "está abaixo do mínimo",
    "less_than_equal": "está acima do máximo",
    "tuple_type": "deve ser uma lista",
    "model_type": "deve ser uma seção",
}


class ConfiguracaoInvalida(Exception):
    """O arquivo ou as variáveis não formam uma configuração que se possa usar."""


class _Secao(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Servidor(_Secao):
    """Seção ``[server]``.

    Attributes:
        host: endereço em que se escuta; fora de loopback exige proxy de confiança ou
            ``allow_plain_http``.
        port: porta TCP; 0 escolhe uma livre.
        workers: processos.
        threads: mensagens ao mesmo tempo em cada processo.
        public_url: endereço público que os WSDL dizem; vazio usa o Host do pedido.
        trusted_proxies: endereços ou redes cujos cabeçalhos X-Forwarded valem.
        allow_plain_http: permite HTTP sem TLS fora de loopback.
        header_timeout: segundos para o cabeçalho HTTP chegar.
        body_timeout: segundos para o corpo chegar.
        keep_alive: segundos que uma conexão ociosa fica aberta.
        graceful_timeout: segundos que a parada espera pelas mensagens em curso.
        max_message: bytes de uma mensagem, também descomprimida.
        memory_budget: bytes de corpos em memória por processo; além disso, 503.
        max_connections: conexões ao mesmo tempo por processo.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    workers: Annotated[int, Field(ge=1, le=128)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    allow_plain_http: bool = False
    header_timeout: Annotated[float, Field(gt=0)] = 10.0
    body_timeout: Annotated[float, Field(gt=0)] = 30.0
    keep_alive: Annotated[int, Field(ge=0)] = 15
    graceful_timeout: Annotated[int, Field(ge=0)] = 30
    max_message: Annotated[int, Field(ge=1024)] = 16 * MIB
    memory_budget: Annotated[int, Field(ge=MIB)] = 256 * MIB
    max_connections: Annotated[int, Field(ge=1)] = 2000

    @model_validator(mode="after")
    def _escuta_segura(self) -> Servidor:
        for rede in self.trusted_proxies:
            try:
                ipaddress.ip_network(rede)
            except ValueError:
                raise ValueError(f"trusted_proxies: {rede} não é endereço nem rede") from None
        if not self.escuta_local and not self.allow_plain_http and not self.trusted_proxies:
            raise ValueError(
                f"host {self.host} não é loopback: ponha um proxy com TLS na frente e o diga em "
                "trusted_proxies, ou assuma o risco com allow_plain_http = true"
            )
        return self

    @property
    def escuta_local(self) -> bool:
        """Se só a própria máquina alcança o servidor."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class BancoDeDados(_Secao):
    """Seção ``[database]``.

    Attributes:
        url: ``sqlite:///arquivo`` ou ``postgresql+psycopg://usuario:senha@host/base``.
        pool: conexões por processo.
        timeout: segundos que um comando ou uma trava podem esperar.
    """

    url: str = "sqlite:///dados/tiss-gateway.db"
    pool: Annotated[int, Field(ge=1, le=100)] = 5
    timeout: Annotated[float, Field(gt=0)] = 10.0

    @model_validator(mode="after")
    def _url_conhecida(self) -> BancoDeDados:
        try:
            url = make_url(self.url)
        except ArgumentError:
            raise ValueError("url não é um endereço de banco") from None
        if url.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("url deve começar por sqlite:/// ou postgresql+psycopg://")
        return self


class Registro(_Secao):
    """Seção ``[log]``.

    Attributes:
        level: nível mínimo.
        format: ``json``, uma linha por evento, ou ``console``, para ler no terminal.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class Configuracao(BaseSettings):
    """Tudo o que se pode ajustar; congelada."""

    model_config = SettingsConfigDict(
        env_prefix="TISS_GATEWAY_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: Servidor = Servidor()
    database: BancoDeDados = BancoDeDados()
    log: Registro = Registro()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variáveis de ambiente por cima do arquivo TOML."""
        del dotenv_settings, file_secret_settings
        arquivo = TomlConfigSettingsSource(settings_cls, toml_file=_arquivo())
        return init_settings, env_settings, arquivo

    def para_mostrar(self) -> dict[str, Any]:
        """A configuração em vigor, sem a senha do banco."""
        valores = self.model_dump(mode="json")
        url = make_url(self.database.url)
        valores["database"]["url"] = url.render_as_string(hide_password=True)
        return valores


def _arquivo() -> Path | None:
    indicado = os.environ.get(VARIAVEL)
    if indicado:
        return Path(indicado)
    padrao = Path(ARQUIVO_PADRAO)
    return padrao if padrao.exists() else None


def carregar() -> Configuracao:
    """Lê arquivo e variáveis.

    Raises:
        ConfiguracaoInvalida: com uma linha que diz o que está errado e em que chave.
    """
    indicado = os.environ.get(VARIAVEL)
    if indicado and not Path(indicado).is_file():
        raise ConfiguracaoInvalida(f"não há arquivo de configuração em {indicado}")
    try:
        return Configuracao()
    except ValidationError as erro:
        primeiro = erro.errors()[0]
        chave = ".".join(str(p) for p in primeiro["loc"])
        texto = _TEXTOS.get(primeiro["type"]) or primeiro["msg"].removeprefix("Value error, ")
        raise ConfiguracaoInvalida(f"{chave or 'configuração'}: {texto}") from None
    except ValueError as erro:
        raise ConfiguracaoInvalida(f"arquivo de configuração ilegível: {erro}") from None
