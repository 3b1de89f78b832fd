"""Configuração: arquivo TOML, variáveis de ambiente, padrões que funcionam.

Cada chave também é variável ``TISS_GATEWAY_<SEÇÃO>__<CHAVE>``, que vale por cima do arquivo.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dominio.transacoes import POR_SERVICO
from dominio.versoes import compacta, sufixo

_PREFIXO = "TISS_GATEWAY_"
VARIAVEL = "TISS_GATEWAY_CONFIG"
ARQUIVO_PADRAO = "tiss-gateway.toml"
MIB = 1_048_576


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
        max_file: bytes de cada XML enviado em arquivo.
        max_upload: bytes de um pedido de envio de arquivos, e dos arquivos depois de abertos.
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
    max_file: Annotated[int, Field(ge=1024)] = 15 * MIB
    max_upload: Annotated[int, Field(ge=1024)] = 64 * MIB
    memory_budget: Annotated[int, Field(ge=MIB)] = 256 * MIB
    max_connections: Annotated[int, Field(ge=1)] = 2000

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


class Esquemas(_Secao):
    """Seção ``[schemas]``.

    Attributes:
        folder: pasta em que ``schemas add`` instala pacotes da ANS; vale por cima dos embutidos.
    """

    folder: Path = Path("dados/esquemas")


EXECUTADOS = frozenset({"tissLoteGuias", "tissSolicitacaoStatusProtocolo"})
"""Os serviços que o gateway responde sozinho, e por isso podem ser espelhados."""


class ServicoRepassado(_Secao):
    """Seção ``[repasse.SERVIÇO]``: o sistema da operadora que responde, ou copia, o serviço.

    Attributes:
        url: endereço, em que ``{versao}`` (4.03.00), ``{versao_compacta}`` (40300) e ``{sufixo}``
            (V4_03_00) se trocam pela versão da mensagem.
        modo: ``repassa``, ele responde; ``espelha``, o gateway responde e ele recebe uma cópia.
        timeout: segundos que uma resposta pode demorar.
        conexoes: chamadas ao mesmo tempo em cada processo.
        ca: arquivo PEM das autoridades em que confiar; vazio usa as do sistema.
        falhas: falhas seguidas que fazem deixar de chamar um endereço.
        pausa: segundos até tentar de novo um endereço que se deixou de chamar.
    """

    url: str
    modo: Literal["repassa", "espelha"] = "repassa"
    timeout: Annotated[float, Field(gt=0, le=300)] = 30.0
    conexoes: Annotated[int, Field(ge=1, le=64)] = 8
    ca: str = ""
    falhas: Annotated[int, Field(ge=1, le=1000)] = 5
    pausa: Annotated[float, Field(gt=0, le=3600)] = 30.0

    @model_validator(mode="after")
    def _alcancavel(self) -> ServicoRepassado:
        endereco = self.endereco("0.00.00")
        try:
            partes = urlsplit(endereco)
            completo = partes.scheme in ("http", "https") and partes.hostname and partes.port != 0
        except ValueError:
            completo = False
        if not completo:
            raise ValueError("url não é um endereço http ou https")
        if partes.username is not None or partes.fragment:
            raise ValueError("url não pode ter usuário, senha nem fragmento")
        if self.ca and not Path(self.ca).is_file():
            raise ValueError("ca não é um arquivo que se possa ler")
        return self

    def endereco(self, versao: str) -> str:
        """O endereço de uma versão.

        Raises:
            ValueError: o modelo tem chaves que não se conhecem.
        """
        sufixo_ = sufixo(versao)
        trocas = {"versao": versao, "versao_compacta": compacta(versao)[1:], "sufixo": sufixo_}
        texto = self.url
        for nome, valor in trocas.items():
            texto = texto.replace(f"{{{nome}}}", valor)
        if "{" in texto or "}" in texto:
            raise ValueError("url só aceita {versao}, {versao_compacta} e {sufixo}")
        return texto


class Repasses(RootModel[dict[str, ServicoRepassado]]):
    """Seção ``[repasse]``: serviço -> sistema da operadora."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nomes(cls, dados: Any) -> Any:
        """Aceita os nomes em minúsculas, que é como as variáveis de ambiente chegam."""
        if not isinstance(dados, dict):
            return dados
        por_minusculas = {nome.lower(): nome for nome in POR_SERVICO}
        juntos: dict[str, Any] = {}
        # o que veio de variáveis, em minúsculas, vale por cima do arquivo
        for chave in sorted(dados, key=str.islower):
            nome = por_minusculas.get(chave.lower())
            if nome is None:
                raise ValueError(f"{chave} não é um serviço do padrão")
            valor = dados[chave]
            anterior = juntos.get(nome)
            somam = isinstance(anterior, dict) and isinstance(valor, dict)
            juntos[nome] = anterior | valor if somam else valor
        return juntos

    @model_validator(mode="after")
    def _espelhos(self) -> Repasses:
        for nome, ajuste in self.root.items():
            if ajuste.modo == "espelha" and nome not in EXECUTADOS:
                raise ValueError(f"{nome}: só se espelha um serviço que o gateway responde")
        return self


class Configuracao(BaseSettings):
    """Tudo o que se pode ajustar; congelada."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIXO, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: Servidor = Servidor()
    database: BancoDeDados = BancoDeDados()
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
