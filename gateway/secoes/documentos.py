"""Seção ``[documents]``: os documentos que acompanham lotes e guias."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from gateway.antivirus import endereco
from gateway.secoes.base import CINCO_ANOS_DIAS, MIB, VINTE_ANOS_DIAS, Dias
from gateway.secoes.s3 import ComS3

_ENVELOPE = 65_536
"""Bytes que a mensagem ocupa fora o documento."""


class Documentos(ComS3):
    """Seção ``[documents]``.

    Attributes:
        folder: pasta em que se guarda o conteúdo, cifrado conforme ``[archive]``; vários nós
            precisam da mesma, ou de um armazém S3.
        max_content: bytes de um documento; além disso, glosa 3166.
        max_message: bytes da mensagem que o traz em base64, também descomprimida.
        body_timeout: segundos para essa mensagem chegar.
        threads: documentos ao mesmo tempo em cada processo; cada um ocupa várias vezes o seu
            tamanho em memória.
        clamav: antivírus que examina cada documento, ``unix:/caminho`` ou ``tcp://host:porta``;
            vazio não examina.
        clamav_timeout: segundos que o exame pode demorar; além disso o documento não é aceito.
        retention_closed: dias em que se guarda o conteúdo, desde que chegou, de um documento de
            lote pago ou encerrado sem pagamento; o de um lote em aberto guarda-se sempre.
        retention_cancelled: idem, de lote ou guia cancelados.
        retention_unclaimed: idem, do que nenhuma guia veio buscar.
    """

    folder: Path = Path("dados/documentos")
    max_content: Annotated[int, Field(ge=1024)] = 30 * MIB
    max_message: Annotated[int, Field(ge=1024)] = 46 * MIB
    body_timeout: Annotated[float, Field(gt=0)] = 120.0
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    clamav: str = ""
    clamav_timeout: Annotated[float, Field(gt=0)] = 30.0
    retention_closed: Dias = VINTE_ANOS_DIAS
    retention_cancelled: Dias = CINCO_ANOS_DIAS
    retention_unclaimed: Dias = CINCO_ANOS_DIAS

    @field_validator("clamav")
    @classmethod
    def _alcancavel(cls, valor: str) -> str:
        if valor:
            endereco(valor)
        return valor

    @model_validator(mode="after")
    def _cabe(self) -> Documentos:
        em_base64 = -(-self.max_content // 3) * 4
        if self.max_message < em_base64 + _ENVELOPE:
            raise ValueError("max_message não comporta max_content em base64")
        return self
