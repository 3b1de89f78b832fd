"""A forma de um arquivo guardado: partes cifradas uma a uma, presas ao seu lugar.

Quatro bytes que a dizem, e partes; cada parte leva à frente o seu tamanho em quatro bytes, com o
bit mais alto ligado na última. O contexto da cifra prende cada parte ao seu arquivo e lugar, e a
última ao fim: nada se troca, repete ou corta sem que se note. A última só se entrega quando o
conteúdo tem o SHA-256 que está na chave.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

from persistence import cifra as cifras
from persistence.arquivos.deposito import ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from persistence.cifra import Cifra

_FORMA = b"TGD1"
_PARTE = 1_048_576
_ULTIMA = 1 << 31
_MAIOR_PARTE = _PARTE + 4096
"""Uma parte cifrada é pouco maior que a clara."""


def cortado(conteudo: bytes) -> Iterator[bytes]:
    """O conteúdo nas partes em que se guarda; vazio, uma só."""
    vista = memoryview(conteudo)
    for comeco in range(0, max(1, len(vista)), _PARTE):
        yield bytes(vista[comeco : comeco + _PARTE])


def _conferir_forma(entrada: BinaryIO, chave: str) -> None:
    if entrada.read(len(_FORMA)) != _FORMA:
        raise ArquivoEstragado(chave)


def _com_fim(partes: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cada parte, e se é a última."""
    anterior = next(partes)
    for parte in partes:
        yield anterior, False
        anterior = parte
    yield anterior, True


def escrever(saida: BinaryIO, chave: str, claras: Iterator[bytes], cifra: Cifra | None) -> None:
    """Escreve um arquivo inteiro, cada parte cifrada por si.

    Raises:
        OSError: não se pôde escrever.
        persistence.cifra.ChavesInvalidas: o arquivo de chaves não serve.
    """
    saida.write(_FORMA)
    for n, (clara, ultima) in enumerate(_com_fim(claras)):
        if cifra is not None and cifra.ativa:
            parte, marca = cifra.cifrar(clara, _contexto(chave, n, ultima=ultima)), b"\x01"
        else:
            parte, marca = clara, b"\x00"
        cabeca = (len(parte) | (_ULTIMA if ultima else 0)).to_bytes(4, "big")
        saida.write(cabeca + marca + parte)


class _Cabeca(NamedTuple):
    """O que uma parte leva à frente."""

    tamanho: int
    ultima: bool
    cifrada: bool

    @classmethod
    def ler(cls, entrada: BinaryIO, chave: str) -> _Cabeca:
        cru = entrada.read(5)
        if len(cru) != 5:
            raise ArquivoEstragado(chave)
        numero = int.from_bytes(cru[:4], "big")
        cabeca = cls(numero & ~_ULTIMA, bool(numero & _ULTIMA), cru[4:] == b"\x01")
        if cabeca.tamanho > _MAIOR_PARTE:
            raise ArquivoEstragado(chave)
        return cabeca


def partes(entrada: BinaryIO, chave: str, cifra: Cifra | None, *, claras: bool) -> Iterator[bytes]:
    """As partes do conteúdo de um arquivo, de que se lê tudo.

    Args:
        entrada: o arquivo, no seu começo.
        chave: a do conteúdo.
        cifra: com que se decifra.
        claras: se o que está às claras se aceita.

    Raises:
        ArquivoEstragado: não é o que se guardou, ou está às claras onde se cifra.
        persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
    """
    _conferir_forma(entrada, chave)
    resumo = hashlib.sha256()
    ultima = False
    n = 0
    while not ultima:
        cabeca = _Cabeca.ler(entrada, chave)
        ultima = cabeca.ultima
        parte = entrada.read(cabeca.tamanho)
        if len(parte) != cabeca.tamanho:
            raise ArquivoEstragado(chave)
        if cabeca.cifrada:
            if cifra is None:
                raise cifras.ChavesInvalidas("o documento está cifrado e não há arquivo de chaves")
            try:
                parte = cifra.decifrar(parte, _contexto(chave, n, ultima=ultima))
            except cifras.NaoDecifrado:
                raise ArquivoEstragado(chave) from None
        elif not claras:
            raise ArquivoEstragado(chave)
        resumo.update(parte)
        if ultima and (entrada.read(1) or resumo.hexdigest() != chave.rpartition("/")[2]):
            raise ArquivoEstragado(chave)
        yield parte
        n += 1


def usa_so(entrada: BinaryIO, chave: str, em_uso: str) -> bool:
    """Se todas as partes estão cifradas com uma chave; lê só o começo de cada uma.

    Args:
        entrada: o arquivo, no seu começo.
        chave: a do conteúdo.
        em_uso: identificação da chave de cifra.

    Raises:
        ArquivoEstragado: não tem a forma do que se guarda.
    """
    _conferir_forma(entrada, chave)
    ultima = False
    while not ultima:
        cabeca = _Cabeca.ler(entrada, chave)
        ultima = cabeca.ultima
        if not cabeca.cifrada:
            return False
        comeco = entrada.read(min(cabeca.tamanho, cifras.INICIO))
        try:
            if cifras.chave_de(comeco) != em_uso:
                return False
        except cifras.NaoDecifrado:
            raise ArquivoEstragado(chave) from None
        entrada.seek(cabeca.tamanho - len(comeco), os.SEEK_CUR)
    return True


def _contexto(chave: str, parte: int, *, ultima: bool) -> str:
    return f"documento {chave} {parte} {'fim' if ultima else 'segue'}"
