"""As chaves ``s3_...`` de ``[documents]``: um armazém compatível com S3 em vez da pasta."""

from __future__ import annotations

import importlib.util
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.secoes.base import Secao


class ComS3(Secao):
    """O que uma seção tem para guardar arquivos num armazém.

    Attributes:
        s3_bucket: o balde, que já existe; vazio guarda numa pasta.
        s3_prefix: à frente de toda chave; separa instalações no mesmo balde.
        s3_endpoint: raiz do serviço; vazio é a AWS.
        s3_region: vazia é a do ambiente.
        s3_path_style: balde no caminho, e não no nome da máquina.
        s3_access_key: identificação; vazia usa a credencial do ambiente, como o ``boto3`` a acha.
        s3_secret_key: o segredo; serve a variáveis de ambiente, e não deve ficar no TOML.
        s3_timeout: segundos que se espera por cada resposta.
        s3_attempts: vezes que se faz um pedido, contada a primeira.
    """

    s3_bucket: str = ""
    s3_prefix: str = ""
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_path_style: bool = False
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_timeout: Annotated[float, Field(gt=0, le=120)] = 10.0
    s3_attempts: Annotated[int, Field(ge=1, le=10)] = 3

    @field_validator("s3_endpoint")
    @classmethod
    def _endereco(cls, valor: str) -> str:
        partes = urlsplit(valor)
        if valor and (partes.scheme not in ("https", "http") or not partes.hostname):
            raise ValueError("s3_endpoint deve ser um endereço, como https://s3.operadora.example")
        return valor

    @field_validator("s3_bucket")
    @classmethod
    def _tem_boto3(cls, valor: str) -> str:
        if valor and importlib.util.find_spec("boto3") is None:
            raise ValueError(
                "s3_bucket precisa do boto3, que falta; instale o pacote com o extra s3: "
                "pip install 'tiss-gateway[s3]'"
            )
        return valor

    @model_validator(mode="after")
    def _credencial_inteira(self) -> ComS3:
        if bool(self.s3_access_key) != bool(self.s3_secret_key.get_secret_value()):
            raise ValueError("s3_access_key e s3_secret_key vão juntas, ou nenhuma")
        return self
