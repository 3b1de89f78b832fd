"""O ``xmlsec1`` como oráculo: assina e confere sem nada do nosso código.

Ele só conhece ``ds:Signature``. Por isso, numa mensagem de web service, o elemento que embrulha a
assinatura troca de nome antes de conferir e depois de assinar; isso não muda nenhum dos bytes
assinados, porque a assinatura sai do conteúdo e SignedInfo não inclui o pai.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from security.assinaturas.oficina import DS, ENVELOPED, RSA_SHA256, SHA256

if TYPE_CHECKING:
    from pathlib import Path

    from certificados import Par

_EMBRULHO = re.compile(rb"<(/?)(?:\w+:)?Signatures?(?=[\s>])")


def exigir() -> str:
    """O caminho do programa; pula o teste quando não está instalado."""
    programa = shutil.which("xmlsec1")
    if programa is None:
        pytest.skip("xmlsec1 não está instalado (apt-get install xmlsec1)")
    return programa


def renomear(dados: bytes) -> bytes:
    """Troca ``ans:Signature`` ou ``ans:Signatures`` por ``ds:Signature``, e nada mais."""
    return _EMBRULHO.sub(rb"<\1ds:Signature", dados)


def confere(mensagem: bytes, pasta: Path) -> tuple[bool, str]:
    """Diz se o xmlsec1 aceita a assinatura e a cadeia da ICP inventada, e o que disse."""
    arquivo, raiz, outras = pasta / "m.xml", pasta / "raiz.pem", pasta / "outras.pem"
    arquivo.write_bytes(renomear(mensagem))
    raiz.write_bytes(icp.raiz().pem)
    outras.write_bytes(icp.intermediaria().pem)
    feito = subprocess.run(
        [
            exigir(), "--verify", "--trusted-pem", raiz, "--untrusted-pem", outras,
            "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", arquivo,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    return feito.returncode == 0, feito.stdout + feito.stderr


def modelo(c14n: str, *, prefixo: bool) -> str:
    """Uma assinatura por preencher."""
    p, ns = ("ds:", f'xmlns:ds="{DS}"') if prefixo else ("", f'xmlns="{DS}"')
    return (
        f'<{p}Signature {ns}><{p}SignedInfo><{p}CanonicalizationMethod Algorithm="{c14n}"/>'
        f'<{p}SignatureMethod Algorithm="{RSA_SHA256}"/><{p}Reference URI=""><{p}Transforms>'
        f'<{p}Transform Algorithm="{ENVELOPED}"/><{p}Transform Algorithm="{c14n}"/>'
        f'</{p}Transforms><{p}DigestMethod Algorithm="{SHA256}"/><{p}DigestValue/>'
        f"</{p}Reference></{p}SignedInfo><{p}SignatureValue/><{p}KeyInfo><{p}X509Data>"
        f"<{p}X509Certificate/></{p}X509Data></{p}KeyInfo></{p}Signature>"
    )


def assinar(mensagem: bytes, par: Par, pasta: Path, c14n: str, *, prefixo: bool) -> bytes:
    """A mensagem com uma ``ds:Signature`` do xmlsec1 no fim."""
    chave, certificado = pasta / "chave.pem", pasta / "certificado.pem"
    chave.write_bytes(par.pem_da_chave())
    certificado.write_bytes(par.pem)
    fim = mensagem.rindex(b"</")
    entrada, saida = pasta / "modelo.xml", pasta / "assinada.xml"
    entrada.write_bytes(mensagem[:fim] + modelo(c14n, prefixo=prefixo).encode() + mensagem[fim:])
    subprocess.run(
        [
            exigir(), "--sign", "--privkey-pem", f"{chave},{certificado}",
            "--output", saida, entrada,
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    return saida.read_bytes()
