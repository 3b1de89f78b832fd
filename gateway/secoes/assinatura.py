"""Seção ``[signature]``: com que chave as respostas se assinam."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import SecretStr, model_validator

from gateway.secoes.base import Secao

_OID = re.compile(r"[0-2](?:\.\d{1,18}){1,24}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Assinatura(Secao):
    """Seção ``[signature]``.

    Attributes:
        key: arquivo PKCS#12 ou PEM com chave e certificados; vazio não assina respostas.
        password_file: arquivo com a senha da chave.
        password: a senha; serve a variáveis de ambiente, e não deve ficar no TOML.
        c14n: forma canônica.
        xades: se a assinatura leva as propriedades XAdES (hora e certificado).
        policy_oid: política de assinatura que se declara, como 2.16.76.1.7.1.6.2.4 (AD-RB 2.4).
        policy_sha256: resumo SHA-256, em hexadecimal, do arquivo da política publicado pelo ITI.
        policy_uri: de onde esse arquivo se obtém.
    """

    key: str = ""
    password_file: str = ""
    password: SecretStr = SecretStr("")
    c14n: Literal["exclusiva", "inclusiva"] = "exclusiva"
    xades: bool = True
    policy_oid: str = ""
    policy_sha256: str = ""
    policy_uri: str = ""

    @model_validator(mode="after")
    def _senha_de_um_so_lugar(self) -> Assinatura:
        if self.password_file and self.password.get_secret_value():
            raise ValueError("use password_file ou password, não os dois")
        return self

    @model_validator(mode="after")
    def _politica_inteira(self) -> Assinatura:
        if not self.policy_oid:
            if self.policy_sha256 or self.policy_uri:
                raise ValueError("falta policy_oid")
            return self
        if not _OID.fullmatch(self.policy_oid):
            raise ValueError("policy_oid não é um OID, como 2.16.76.1.7.1.6.2.4")
        if not _SHA256.fullmatch(self.policy_sha256.lower()):
            raise ValueError("policy_sha256 deve ter os 64 dígitos hexadecimais do arquivo do ITI")
        if not self.xades:
            raise ValueError("policy_oid só se declara com xades = true")
        return self
