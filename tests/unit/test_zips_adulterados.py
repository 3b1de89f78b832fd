"""Zips adulterados: um problema dito, nunca uma exceção."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from backoffice.api.problemas import Problema
from backoffice.api.zips import abrir


def _zip(nome: str = "a.xml") -> bytearray:
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w") as arquivo:
        arquivo.writestr(nome, b"<a/>")
    return bytearray(saida.getvalue())


def _nome_ilegivel() -> bytes:
    dados = _zip("á.xml")
    central = dados.rindex(b"PK\x01\x02")
    dados[central + 46] = 0xFF
    return bytes(dados)


def _posicao_impossivel() -> bytes:
    dados = _zip()
    fim = dados.rindex(b"PK\x05\x06")
    dados[fim + 16] = (dados[fim + 16] + 20) % 256
    return bytes(dados)


def _nome_vazio() -> bytes:
    dados = _zip("a")
    central = dados.rindex(b"PK\x01\x02")
    dados[central + 28] = 0
    return bytes(dados)


def _posicao_de_64_bits() -> bytes:
    dados = _zip()
    central, fim = dados.rindex(b"PK\x01\x02"), dados.rindex(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, 2**63 + 5)
    struct.pack_into("<H", dados, central + 30, len(extra))
    struct.pack_into("<L", dados, central + 42, 0xFFFFFFFF)
    [tamanho] = struct.unpack_from("<L", dados, fim + 12)
    struct.pack_into("<L", dados, fim + 12, tamanho + len(extra))
    depois_do_nome = central + 46 + len("a.xml")
    dados[depois_do_nome:depois_do_nome] = extra
    return bytes(dados)


@pytest.mark.parametrize(
    "fazer", [_nome_ilegivel, _posicao_impossivel, _nome_vazio, _posicao_de_64_bits]
)
def test_zip_adulterado_e_um_problema(fazer: object) -> None:
    """Nome ilegível ou vazio e posição impossível, a de 64 bits também, são recusados."""
    with pytest.raises(Problema):
        list(abrir(fazer(), entradas=10, total=1000))  # type: ignore[operator]
