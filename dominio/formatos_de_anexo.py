"""Os formatos em que se anexam arquivos a um recurso: o nome diz um, e os bytes o confirmam.

Os que o padrão tem (``dm_formatoDocumento``) guardam-se com o código dele; os outros, que só se
recebem por envio de arquivo, com a extensão.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio import formatos
from dominio.formatos import Exame, Formato

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1_048_576
MAIOR_ARQUIVO = 30
"""MiB que um anexo pode ter, se a operadora não diz menos."""
QUALQUER = "*"
"""Na lista de uma operadora: toda extensão, salvo a de programas."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BINARIO = "application/octet-stream"


class _Proprio(NamedTuple):
    formato: Formato
    comecos: tuple[bytes, ...]


_PROPRIOS = {
    "bmp": _Proprio(Formato("BMP", "image/bmp", "bmp"), (b"BM",)),
    "doc": _Proprio(Formato("DOC", "application/msword", "doc"), (_OLE,)),
    "docx": _Proprio(
        Formato(
            "DOCX",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
        ),
        _ZIP[:1],
    ),
    "rar": _Proprio(Formato("RAR", "application/vnd.rar", "rar"), (b"Rar!\x1a\x07",)),
    "txt": _Proprio(Formato("TXT", "text/plain", "txt"), ()),
    "xls": _Proprio(Formato("XLS", "application/vnd.ms-excel", "xls"), (_OLE,)),
    "zip": _Proprio(Formato("ZIP", "application/zip", "zip"), _ZIP),
}
_DO_PADRAO = {
    "jpeg": "01", "jpg": "01", "pdf": "02", "png": "03", "tif": "04", "tiff": "04",
    "jpg.p7m": "05", "pdf.p7m": "06", "png.p7m": "07", "tif.p7m": "08",
}  # fmt: skip

EXTENSOES = tuple(sorted([*_DO_PADRAO, *_PROPRIOS]))
"""As que se conhecem; valem todas, se a operadora não diz quais."""


def extensoes_aceitas(ditas: Sequence[str]) -> bool:
    """Se uma operadora pode dizer que só aceita estas: ao menos uma, e todas conhecidas."""
    return bool(ditas) and set(ditas) <= {*EXTENSOES, QUALQUER}


_PROGRAMAS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa")
_EXTENSOES_DE_PROGRAMAS = frozenset(
    {
        "apk", "bat", "cmd", "com", "dll", "exe", "hta", "htm", "html", "jar", "js", "lnk", "msi",
        "ps1", "scr", "sh", "svg", "vbs", "wsf", "xhtml",
    }
)  # fmt: skip


def formato_de(nome: str, conteudo: bytes, aceitas: frozenset[str]) -> str | None:
    """O formato de um arquivo, se o nome e os bytes dizem o mesmo.

    Args:
        nome: com a extensão.
        conteudo: o arquivo inteiro.
        aceitas: extensões; ``QUALQUER`` aceita também as que não se conhecem.

    Returns:
        Como se guarda: um código de ``dm_formatoDocumento``, ou a extensão; ``None`` se não se
        aceita, ou os bytes são de outra coisa.
    """
    partes = nome.lower().split(".")
    dupla = ".".join(partes[-2:])
    extensao = dupla if dupla in _DO_PADRAO else partes[-1]
    todas = QUALQUER in aceitas
    if len(partes) < 2 or not (todas or extensao in aceitas):
        return None
    if conteudo.startswith(_PROGRAMAS) or extensao in _EXTENSOES_DE_PROGRAMAS:
        return None
    if extensao in _DO_PADRAO:
        codigo = _DO_PADRAO[extensao]
        return codigo if formatos.examinar(codigo, conteudo) is Exame.CONFERE else None
    if extensao == "txt":
        return extensao if b"\x00" not in conteudo else None
    if extensao in _PROPRIOS:
        return extensao if conteudo.startswith(_PROPRIOS[extensao].comecos) else None
    return extensao if extensao.isascii() and extensao.isalnum() and len(extensao) <= 8 else None


def como_se_serve(formato: str) -> Formato:
    """O nome, o tipo e a extensão de um formato guardado, do padrão ou não."""
    if formato in formatos.FORMATOS:
        return formatos.FORMATOS[formato]
    if formato in _PROPRIOS:
        return _PROPRIOS[formato].formato
    return Formato(formato.upper(), _BINARIO, formato)
