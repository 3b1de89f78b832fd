"""Os formatos de documento: que bytes são de cada um, e como cada um se serve.

Fonte: ``dm_formatoDocumento``. O exame é do começo e do fim: diz que o arquivo é do formato e que
chegou inteiro, não que uma imagem se deixa desenhar.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Exame(Enum):
    """O que os bytes de um arquivo são diante do formato que se declarou."""

    CONFERE = "confere"
    OUTRO = "outro formato"
    CORROMPIDO = "vazio, incompleto ou corrompido"


class Formato(NamedTuple):
    """Um formato que o padrão aceita.

    Attributes:
        nome: para telas e nomes de arquivo.
        tipo: o ``Content-Type`` com que se serve.
        extensao: do nome do arquivo, sem ponto.
    """

    nome: str
    tipo: str
    extensao: str


_CADES = "application/pkcs7-mime"

FORMATOS = {
    "01": Formato("JPG", "image/jpeg", "jpg"),
    "02": Formato("PDF", "application/pdf", "pdf"),
    "03": Formato("PNG", "image/png", "png"),
    "04": Formato("TIFF", "image/tiff", "tif"),
    "05": Formato("CAdES de JPG", _CADES, "jpg.p7m"),
    "06": Formato("CAdES de PDF", _CADES, "pdf.p7m"),
    "07": Formato("CAdES de PNG", _CADES, "png.p7m"),
    "08": Formato("CAdES de TIFF", _CADES, "tif.p7m"),
    "09": Formato("PAdES", "application/pdf", "pdf"),
}
"""``dm_formatoDocumento`` -> formato."""

_DENTRO = {"05": "01", "06": "02", "07": "03", "08": "04"}
"""Formato assinado em CAdES -> o do que está dentro da assinatura."""

_FIM_DO_PDF = 65_536
"""Bytes do fim em que um PDF, com o que lhe tenham acrescentado, tem de se encerrar."""
_COMECO_DO_CADES = 64
_ENVELOPE_DO_CADES = 1024
"""Bytes de cabeçalhos ASN.1 que podem vir antes do conteúdo assinado."""

_INICIO_DO_PDF = re.compile(rb"(?:\xef\xbb\xbf)?[\x00\t\n\f\r ]{0,1024}%PDF-[0-9]")
_DADOS_ASSINADOS = bytes.fromhex("06092a864886f70d010702")
_MAGICA = {
    "01": (b"\xff\xd8\xff",),
    "02": (b"%PDF-",),
    "03": (b"\x89PNG\r\n\x1a\n",),
    "04": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
_SEQUENCIA, _INDEFINIDO, _CURTO = 0x30, 0x80, 0x80
_FIM_INDEFINIDO = b"\x00\x00"


def examinar(formato: str, dados: bytes) -> Exame:
    """Compara os bytes de um documento com o formato que se declarou.

    Args:
        formato: um valor de ``dm_formatoDocumento``.
        dados: o arquivo inteiro.
    """
    if not dados:
        return Exame.CORROMPIDO
    if formato in _DENTRO:
        return _cades(dados, _MAGICA[_DENTRO[formato]])
    if formato == "09":
        return _pades(dados)
    return _EXAMES[formato](dados)


def _jpg(dados: bytes) -> Exame:
    if not dados.startswith(_MAGICA["01"]):
        return Exame.OUTRO
    # uma miniatura dentro do arquivo tem o seu próprio fim; o da imagem vem depois da última
    # varredura
    inteiro = dados.rfind(b"\xff\xd9") > dados.rfind(b"\xff\xda") >= 0
    return Exame.CONFERE if inteiro else Exame.CORROMPIDO


def _pdf(dados: bytes) -> Exame:
    if not _INICIO_DO_PDF.match(dados):
        return Exame.OUTRO
    inteiro = dados.rfind(b"%%EOF", max(0, len(dados) - _FIM_DO_PDF)) >= 0
    return Exame.CONFERE if inteiro else Exame.CORROMPIDO


def _png(dados: bytes) -> Exame:
    if not dados.startswith(_MAGICA["03"]):
        return Exame.OUTRO
    inteiro = dados[12:16] == b"IHDR" and dados.rfind(b"IEND\xae\x42\x60\x82") > 0
    return Exame.CONFERE if inteiro else Exame.CORROMPIDO


def _tiff(dados: bytes) -> Exame:
    if not dados.startswith(_MAGICA["04"]):
        return Exame.OUTRO
    ordem = "little" if dados[:2] == b"II" else "big"
    grande = dados[2:4] in (b"+\x00", b"\x00+")
    campo = dados[8:16] if grande else dados[4:8]
    # o diretório de imagens costuma vir no fim: se está dentro do arquivo, nada foi cortado
    diretorio = int.from_bytes(campo, "little" if ordem == "little" else "big")
    inteiro = 8 <= diretorio <= len(dados) - 2
    return Exame.CONFERE if inteiro else Exame.CORROMPIDO


def _pades(dados: bytes) -> Exame:
    exame = _pdf(dados)
    if exame is Exame.CONFERE and b"/ByteRange" not in dados:
        return Exame.OUTRO
    return exame


def _cades(dados: bytes, magica: tuple[bytes, ...]) -> Exame:
    """Um CMS com os dados assinados dentro; a assinatura não se verifica aqui."""
    comeco = dados[:_COMECO_DO_CADES]
    if comeco[0] != _SEQUENCIA or _DADOS_ASSINADOS not in comeco:
        return Exame.OUTRO
    if not _asn1_inteiro(dados):
        return Exame.CORROMPIDO
    # sem conteúdo dentro, a assinatura é de um arquivo que não veio
    dentro = dados[:_ENVELOPE_DO_CADES]
    return Exame.CONFERE if any(m in dentro for m in magica) else Exame.OUTRO


def _asn1_inteiro(dados: bytes) -> bool:
    if len(dados) < 2:
        return False
    primeiro = dados[1]
    if primeiro == _INDEFINIDO:
        return dados.endswith(_FIM_INDEFINIDO)
    if primeiro < _CURTO:
        return len(dados) == 2 + primeiro
    quantos = primeiro - _CURTO
    tamanho = int.from_bytes(dados[2 : 2 + quantos], "big")
    return len(dados) == 2 + quantos + tamanho


_EXAMES: dict[str, Callable[[bytes], Exame]] = {"01": _jpg, "02": _pdf, "03": _png, "04": _tiff}
