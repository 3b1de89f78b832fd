"""Seção ``[archive]``: o arquivo de mensagens, cifrado, selado e com prazo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.secoes.base import (
    CINCO_ANOS_DIAS,
    PRAZO_MINIMO_DIAS,
    VINTE_ANOS_DIAS,
    Dias,
    Secao,
)


class Arquivo(Secao):
    """Seção ``[archive]``.

    Attributes:
        encrypt: cifra os bytes novos; os cifrados antes continuam a precisar das chaves.
        key_file: as chaves; criado no primeiro início, com acesso só do dono.
        seal_seconds: de quanto em quanto tempo se sela o que ainda não está selado.
        head_file: onde se escreve a cabeça da cadeia de selos; vazio não escreve.
        head_webhook: endereço https que a recebe uma vez por dia; vazio não envia.
        retention_accepted: dias em que se guardam os bytes de uma mensagem respondida.
        retention_refused: idem, de uma recusada depois de identificado e autenticado quem enviou.
        retention_unauthenticated: idem, de uma recusada antes disso.
        retention_audit: dias em que se guardam os registros de auditoria.
    """

    encrypt: bool = True
    key_file: Path = Path("chaves/arquivo.chaves")
    seal_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    head_file: str = "dados/arquivo.cabeca"
    head_webhook: str = ""
    retention_accepted: Dias = VINTE_ANOS_DIAS
    retention_refused: Dias = CINCO_ANOS_DIAS
    retention_unauthenticated: Dias = PRAZO_MINIMO_DIAS
    retention_audit: Dias = CINCO_ANOS_DIAS

    @model_validator(mode="after")
    def _destino_seguro(self) -> Arquivo:
        if not self.head_webhook:
            return self
        try:
            partes = urlsplit(self.head_webhook)
            seguro = partes.scheme == "https" and partes.hostname and partes.port != 0
        except ValueError:
            seguro = False
        if not seguro:
            raise ValueError("head_webhook deve ser um endereço https")
        if partes.username is not None or partes.fragment:
            raise ValueError("head_webhook não pode ter usuário, senha nem fragmento")
        return self
