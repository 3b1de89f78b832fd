"""Onde se guardam os arquivos, pela configuração: a pasta, ou um armazém S3."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from persistence.arquivos import Pasta

if TYPE_CHECKING:
    from gateway.secoes.documentos import Documentos
    from persistence.arquivos import Arquivos


def arquivos(ajustes: Documentos) -> Arquivos:
    """O depósito que a configuração diz; o mesmo balde tem um só cliente em cada processo."""
    if not ajustes.s3_bucket:
        return Pasta(ajustes.folder)
    return _s3(ajustes)


@cache
def _s3(ajustes: Documentos) -> Arquivos:
    # o boto3 é um extra, e é grande: só o carrega quem o usa
    from persistence.arquivos.s3 import S3, Balde  # noqa: PLC0415

    segredo = ajustes.s3_secret_key.get_secret_value()
    return S3(
        Balde(
            nome=ajustes.s3_bucket,
            prefixo=ajustes.s3_prefix,
            endereco=ajustes.s3_endpoint,
            regiao=ajustes.s3_region,
            no_caminho=ajustes.s3_path_style,
            credencial=(ajustes.s3_access_key, segredo) if segredo else None,
            limite=ajustes.s3_timeout,
            tentativas=ajustes.s3_attempts,
        )
    )
