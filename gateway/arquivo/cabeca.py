"""A cabeça da cadeia de selos: o que se guarda fora do banco para provar o que há nele."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from mensagem.assinatura.chave import ChaveDeAssinatura
    from persistence.selos import Selo

_CABECA = re.compile(r"[0-9a-f]{64}")
_PRAZO_SEGUNDOS = 20.0
_MARCADAS = "folhasMarcadas"


class CabecaInvalida(Exception):
    """O que se deu como cabeça não é uma; o texto diz por quê."""


class NaoEntregue(Exception):
    """O endereço que recebe a cabeça não a aceitou."""


class Guardada(NamedTuple):
    """O que se guardou fora do banco da última vez que se selou.

    Attributes:
        cabeca: em hexadecimal.
        marcadas: se as folhas gravadas depois trazem todas a sua marca.
    """

    cabeca: str
    marcadas: bool


def dados(selo: Selo) -> dict[str, Any]:
    """A cabeça como vai para o arquivo, para o endereço que a recebe e para a exportação."""
    feito: dict[str, Any] = {
        "cabeca": selo.cabeca,
        "sequencia": selo.sequencia,
        "em": selo.em.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    if selo.assinatura is not None and selo.certificado is not None:
        feito["assinatura"] = selo.assinatura.hex()
        certificado = x509.load_der_x509_certificate(selo.certificado)
        feito["certificado"] = certificado.public_bytes(Encoding.PEM).decode("ascii")
    return feito


def escrever(arquivo: Path, selo: Selo, *, marcadas: bool = False) -> None:
    """Põe a cabeça no arquivo, de uma só vez, se não é a que já está lá.

    Args:
        arquivo: onde.
        selo: o último.
        marcadas: se dali em diante todas as folhas trazem marca.

    Raises:
        OSError: não se pôde escrever.
    """
    feito = dados(selo) | ({_MARCADAS: True} if marcadas else {})
    texto = json.dumps(feito, indent=1) + "\n"
    if arquivo.is_file() and arquivo.read_text("utf-8") == texto:
        return
    arquivo.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    provisorio = arquivo.with_name(f".{arquivo.name}.{os.getpid()}")
    with provisorio.open("w", encoding="utf-8") as saida:
        saida.write(texto)
        saida.flush()
        # vazio depois de uma queda do sistema, o arquivo impediria de selar
        os.fsync(saida.fileno())
    provisorio.replace(arquivo)


def guardada(arquivo: Path) -> Guardada | None:
    """O que o arquivo da cabeça diz; ``None`` se ainda não há arquivo.

    Raises:
        CabecaInvalida: há um, que não se entende.
    """
    if not arquivo.exists():
        return None
    cabeca = ler(str(arquivo))
    return Guardada(cabeca, json.loads(arquivo.read_text("utf-8")).get(_MARCADAS) is True)


def ler(texto_ou_arquivo: str) -> str:
    """A cabeça em hexadecimal, dada assim ou num arquivo dos que ``escrever`` faz.

    Raises:
        CabecaInvalida: não é uma cabeça, nem um arquivo com uma.
    """
    texto = texto_ou_arquivo.strip().lower()
    if _CABECA.fullmatch(texto):
        return texto
    try:
        lido = json.loads(Path(texto_ou_arquivo).read_text("utf-8"))
        cabeca = lido["cabeca"]
    except OSError as erro:
        raise CabecaInvalida(f"{texto_ou_arquivo}: {erro.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise CabecaInvalida(f"{texto_ou_arquivo}: não é um arquivo de cabeça") from None
    if not isinstance(cabeca, str) or not _CABECA.fullmatch(cabeca):
        raise CabecaInvalida(f"{texto_ou_arquivo}: a cabeça não são 64 dígitos hexadecimais")
    return cabeca


def enviar(url: str, selo: Selo) -> None:
    """Entrega a cabeça a um endereço, em JSON.

    Raises:
        NaoEntregue: o endereço não respondeu com 2xx.
    """
    corpo = json.dumps(dados(selo)).encode("ascii")
    with urllib3.PoolManager(retries=False, timeout=_PRAZO_SEGUNDOS) as conexoes:
        try:
            resposta = conexoes.request(
                "POST", url, body=corpo, headers={"Content-Type": "application/json"}
            )
        except urllib3.exceptions.HTTPError as erro:
            raise NaoEntregue(type(erro).__name__) from None
    if not 200 <= resposta.status < 300:
        raise NaoEntregue(f"HTTP {resposta.status}")


def assinar(chave: ChaveDeAssinatura, cabeca: bytes) -> tuple[bytes, bytes]:
    """Assinatura da cabeça com SHA-256 e o certificado em DER.

    A forma é a que ``openssl dgst -verify`` confere: PKCS #1 v1.5 com RSA, DER com curva elíptica.
    """
    privada = chave.privada
    if isinstance(privada, rsa.RSAPrivateKey):
        valor = privada.sign(cabeca, PKCS1v15(), hashes.SHA256())
    else:
        valor = privada.sign(cabeca, ec.ECDSA(hashes.SHA256()))
    return valor, chave.certificado.public_bytes(Encoding.DER)
