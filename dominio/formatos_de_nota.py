"""Os formatos em que uma nota fiscal se anexa: o nome diz um, e os bytes têm de o confirmar."""

from __future__ import annotations

from typing import NamedTuple

MAIOR_ARQUIVO = 15 * 1_048_576
"""Bytes do arquivo de uma nota."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


class Formato(NamedTuple):
    """Um formato que se aceita.

    Attributes:
        tipo: o ``Content-Type`` com que se serve.
        comecos: por que bytes o arquivo pode começar.
    """

    tipo: str
    comecos: tuple[bytes, ...]


_JPEG = Formato("image/jpeg", (b"\xff\xd8\xff",))

FORMATOS = {
    "doc": Formato("application/msword", (_OLE,)),
    "docx": Formato(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (_ZIP,)
    ),
    "xls": Formato("application/vnd.ms-excel", (_OLE,)),
    "pdf": Formato("application/pdf", (b"%PDF-",)),
    "jpeg": _JPEG,
    "jpg": _JPEG,
    "png": Formato("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "zip": Formato("application/zip", (_ZIP,)),
    "rar": Formato("application/vnd.rar", (b"Rar!\x1a\x07",)),
}
"""Extensão -> formato."""


def formato_de(nome: str, conteudo: bytes) -> str | None:
    """O formato de um arquivo, se o nome e os bytes dizem o mesmo.

    Returns:
        A chave de ``FORMATOS``; ``None`` se não é um deles, ou os bytes são de outra coisa.
    """
    extensao = nome.rpartition(".")[2].lower()
    formato = FORMATOS.get(extensao)
    if formato is None or not conteudo.startswith(formato.comecos):
        return None
    return extensao
