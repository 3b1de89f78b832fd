"""Arquivos inventados de cada formato que o padrão aceita, pequenos ou do tamanho pedido."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SOI, _EOI = b"\xff\xd8\xff\xe0", b"\xff\xd9"
_SOS = b"\xff\xda"
_DADOS_ASSINADOS = bytes.fromhex("06092a864886f70d010702")
_DADOS = bytes.fromhex("06092a864886f70d010701")


def pdf(enchimento: int = 0, texto: bytes = b"exemplo sem p\xe1ginas") -> bytes:
    """Um PDF sem páginas; ``enchimento`` são os bytes a mais que ocupa."""
    return b"%PDF-1.4\n% " + texto + b"\n" + b"%" * enchimento + b"\n%%EOF\n"


def jpg(enchimento: int = 0) -> bytes:
    """Um JPEG com os segmentos de começo, varredura e fim."""
    jfif = b"\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return _SOI + jfif + _SOS + b"\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(enchimento) + _EOI


def png() -> bytes:
    """Um PNG de um ponto."""

    def pedaco(nome: bytes, dados: bytes) -> bytes:
        soma = zlib.crc32(nome + dados)
        return struct.pack(">I", len(dados)) + nome + dados + struct.pack(">I", soma)

    cabeca = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    imagem = zlib.compress(b"\x00\x00")
    return (
        b"\x89PNG\r\n\x1a\n"
        + pedaco(b"IHDR", cabeca)
        + pedaco(b"IDAT", imagem)
        + pedaco(b"IEND", b"")
    )


def tiff() -> bytes:
    """Um TIFF com o diretório vazio no fim."""
    return b"II*\x00" + struct.pack("<I", 16) + bytes(8) + struct.pack("<HI", 0, 0)


def pades() -> bytes:
    """Um PDF com o lugar de uma assinatura, que nada assina."""
    return pdf(texto=b"/Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]")


def cades(dentro: bytes) -> bytes:
    """Um CMS com um arquivo dentro e sem quem assine."""
    conteudo = _der(0x30, _DADOS + _der(0xA0, _der(0x04, dentro)))
    assinado = _der(0x30, _der(0x02, b"\x01") + _der(0x31, b"") + conteudo + _der(0x31, b""))
    return _der(0x30, _DADOS_ASSINADOS + _der(0xA0, assinado))


def _der(etiqueta: int, valor: bytes) -> bytes:
    if len(valor) < 0x80:
        return bytes((etiqueta, len(valor))) + valor
    tamanho = len(valor).to_bytes((len(valor).bit_length() + 7) // 8, "big")
    return bytes((etiqueta, 0x80 | len(tamanho))) + tamanho + valor


DE_FORMATO: dict[str, Callable[[], bytes]] = {
    "01": jpg,
    "02": pdf,
    "03": png,
    "04": tiff,
    "05": lambda: cades(jpg()),
    "06": lambda: cades(pdf()),
    "07": lambda: cades(png()),
    "08": lambda: cades(tiff()),
    "09": pades,
}
"""``dm_formatoDocumento`` -> um arquivo desse formato."""
