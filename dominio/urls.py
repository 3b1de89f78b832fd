"""O endereço http de um sistema que se avisa: que forma pode ter."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

MAIOR_URL = 500
PORTAS = {"https": 443, "http": 80}


class Url(NamedTuple):
    """As partes de um endereço que serve.

    Attributes:
        nome: a resolver.
        porta: TCP.
        https: se com TLS.
        caminho: com a consulta.
    """

    nome: str
    porta: int
    https: bool
    caminho: str


def ler(texto: str) -> Url:
    """Lê um endereço.

    Raises:
        ValueError: não serve; o texto diz por quê.
    """
    if not texto.isascii() or not texto.isprintable() or " " in texto:
        raise ValueError("só caracteres ASCII, sem espaços")
    if not 1 <= len(texto) <= MAIOR_URL:
        raise ValueError(f"são até {MAIOR_URL} caracteres")
    try:
        partes = urlsplit(texto)
        porta = partes.port
    except ValueError:
        raise ValueError("não é um endereço https://") from None
    if partes.scheme not in PORTAS or not partes.hostname or porta == 0:
        raise ValueError("não é um endereço https://")
    if partes.username is not None or partes.fragment:
        raise ValueError("não pode ter usuário, senha nem fragmento")
    caminho = partes.path or "/"
    if partes.query:
        caminho += f"?{partes.query}"
    https = partes.scheme == "https"
    return Url(partes.hostname, porta or PORTAS[partes.scheme], https, caminho)
