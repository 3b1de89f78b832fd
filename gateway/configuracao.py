"""Configuração: arquivo TOML, variáveis de ambiente, padrões que funcionam.

Cada chave também é variável ``TISS_GATEWAY_<SEÇÃO>__<CHAVE>``, que vale por cima do arquivo.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError
from sqlalchemy.engine import make_url

from gateway.secoes.arquivo import Arquivo
from gateway.secoes.assinatura import Assinatura
from gateway.secoes.banco import BancoDeDados
from gateway.secoes.confianca import Confianca
from gateway.secoes.console import Console
from gateway.secoes.documentos import Documentos
from gateway.secoes.esquemas import Esquemas
from gateway.secoes.limites import Limites
from gateway.secoes.registro import Registro
from gateway.secoes.repasse import Repasses
from gateway.secoes.servidor import Servidor
from gateway.secoes.trabalhos import Trabalhos
from gateway.secoes.webhooks import Webhooks

_PREFIXO = "TISS_GATEWAY_"
VARIAVEL = "TISS_GATEWAY_CONFIG"
ARQUIVO_PADRAO = "tiss-gateway.toml"


_TEXTOS = {
    "extra_forbidden": "chave desconhecida",
    "int_parsing": "deve ser um número inteiro",
    "int_type": "deve ser um número inteiro",
    "int_from_float": "deve ser um número inteiro",
    "float_parsing": "deve ser um número",
    "bool_parsing": "deve ser true ou false",
    "string_type": "deve ser um texto",
    "literal_error": "não é um dos valores aceitos",
    "greater_than": "está abaixo do mínimo",
    "greater_than_equal": "está abaixo do mínimo",
    "less_than_equal": "está acima do máximo",
    "tuple_type": "deve ser uma lista",
    "model_type": "deve ser uma seção",
    "missing": "falta",
}


class ConfiguracaoInvalida(Exception):
    """O arquivo ou as variáveis não formam uma configuração que se possa usar."""


class Configuracao(BaseSettings):
    """Tudo o que se pode ajustar; congelada."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIXO, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: Servidor = Servidor()
    database: BancoDeDados = BancoDeDados()
    archive: Arquivo = Arquivo()
    jobs: Trabalhos = Trabalhos()
    trust: Confianca = Confianca()
    signature: Assinatura = Assinatura()
    documents: Documentos = Documentos()
    webhooks: Webhooks = Webhooks()
    console: Console = Console()
    limits: Limites = Limites()
    log: Registro = Registro()
    schemas: Esquemas = Esquemas()
    repasse: Repasses = Repasses({})

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
        """A configuração em vigor, sem as senhas do banco."""
        valores = self.model_dump(mode="json")
        for chave in ("url", "replica_url"):
            if valores["database"][chave]:
                url = make_url(valores["database"][chave])
                valores["database"][chave] = url.render_as_string(hide_password=True)
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
    _conferir_variaveis()
    try:
        return Configuracao()
    except ValidationError as erro:
        primeiro = erro.errors()[0]
        chave = ".".join(str(p) for p in primeiro["loc"])
        texto = _TEXTOS.get(primeiro["type"]) or primeiro["msg"].removeprefix("Value error, ")
        limites = primeiro.get("ctx") or {}
        limite = next((limites[n] for n in ("ge", "gt", "le", "lt") if n in limites), None)
        if limite is not None:
            texto += f" ({limite})"
        raise ConfiguracaoInvalida(f"{chave or 'configuração'}: {texto}") from None
    except tomllib.TOMLDecodeError as erro:
        raise ConfiguracaoInvalida(f"{_arquivo()}: TOML inválido: {erro}") from None
    except SettingsError:
        raise ConfiguracaoInvalida(
            "uma variável TISS_GATEWAY_... de lista não está em JSON; por exemplo "
            """TISS_GATEWAY_SERVER__TRUSTED_PROXIES='["10.0.0.5"]'"""
        ) from None


def _conferir_variaveis() -> None:
    """Recusa variáveis com o prefixo do gateway que nada ajustam: um engano passaria calado."""
    for nome in os.environ:
        if not nome.upper().startswith(_PREFIXO) or nome == VARIAVEL:
            continue
        secao, _, chave = nome[len(_PREFIXO) :].lower().partition("__")
        if secao not in Configuracao.model_fields or (not chave and secao != "repasse"):
            raise ConfiguracaoInvalida(f"a variável {nome} não é de nenhum ajuste")
