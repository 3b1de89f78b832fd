"""Arquivos numa pasta: escritos ao lado e postos no lugar inteiros, em partes cifradas uma a uma.

Forma do arquivo: quatro bytes que a dizem, e partes; cada parte leva à frente o seu tamanho em
quatro bytes, com o bit mais alto ligado na última. O contexto da cifra prende cada parte ao seu
arquivo e lugar, e a última ao fim: nada se troca, repete ou corta sem que se note.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from persistence import cifra as cifras
from persistence.arquivos.deposito import ArquivoAusente, ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from persistence.cifra import Cifra

_FORMA = b"TGD1"
_PARTE = 1_048_576
_ULTIMA = 1 << 31
_MAIOR_PARTE = _PARTE + 4096
"""Uma parte cifrada é pouco maior que a clara."""
_SO_O_DONO_PASTA = 0o700
_SO_O_DONO = 0o600
_PROVISORIO = ".escrevendo"


class Pasta:
    """Os arquivos sob uma pasta do disco, que só o dono do processo lê.

    Args:
        raiz: criada quando se guarda o primeiro.
    """

    def __init__(self, raiz: Path) -> None:
        self._raiz = raiz

    def guardar(self, chave: str, conteudo: bytes, cifra: Cifra | None) -> None:
        """Guarda um conteúdo inteiro ou nada; o que já está guardado fica como está.

        Raises:
            OSError: não se pôde guardar.
            persistence.cifra.ChavesInvalidas: o arquivo de chaves não serve.
        """
        lugar = self._raiz / chave
        with suppress(FileNotFoundError):
            # quem varre as sobras poupa o que acaba de ser usado
            os.utime(lugar)
            return
        lugar.parent.mkdir(parents=True, exist_ok=True, mode=_SO_O_DONO_PASTA)
        provisorio = lugar.with_name(f"{lugar.name}.{os.urandom(6).hex()}{_PROVISORIO}")
        descritor = os.open(provisorio, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SO_O_DONO)
        try:
            with os.fdopen(descritor, "wb") as saida:
                _escrever(saida, chave, conteudo, cifra)
                saida.flush()
                os.fsync(saida.fileno())
            provisorio.replace(lugar)
        except BaseException:
            provisorio.unlink(missing_ok=True)
            raise
        _gravar_pasta(lugar.parent)

    def abrir(self, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
        """O conteúdo em partes de até 1 MiB, à medida que se lê.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """
        try:
            entrada = (self._raiz / chave).open("rb")
        except FileNotFoundError:
            raise ArquivoAusente(chave) from None
        with entrada:
            if entrada.read(len(_FORMA)) != _FORMA:
                raise ArquivoEstragado(chave)
            yield from _partes(entrada, chave, cifra)

    def existe(self, chave: str) -> bool:
        """Se há arquivo com a chave."""
        return (self._raiz / chave).is_file()

    def chaves(self, *, paradas_ha: float) -> Iterator[str]:
        """As chaves do que se guardou e em que ninguém toca há tantos segundos.

        Apaga de passagem o que ficou por escrever, também parado há esse tempo.
        """
        for arquivo in self._raiz.glob("*/*/*"):
            if not _parado(arquivo, paradas_ha):
                continue
            if arquivo.name.endswith(_PROVISORIO):
                arquivo.unlink(missing_ok=True)
            else:
                yield arquivo.relative_to(self._raiz).as_posix()

    def apagar(self, chave: str, *, parado_ha: float) -> bool:
        """Apaga um arquivo, salvo se alguém o tocou há menos segundos que isso."""
        arquivo = self._raiz / chave
        if not _parado(arquivo, parado_ha):
            return False
        arquivo.unlink(missing_ok=True)
        return True


def _parado(arquivo: Path, segundos: float) -> bool:
    try:
        return arquivo.stat().st_mtime <= time.time() - segundos
    except FileNotFoundError:
        return False


def _escrever(saida: BinaryIO, chave: str, conteudo: bytes, cifra: Cifra | None) -> None:
    saida.write(_FORMA)
    vista = memoryview(conteudo)
    total = max(1, -(-len(vista) // _PARTE))
    for n in range(total):
        parte = bytes(vista[n * _PARTE : (n + 1) * _PARTE])
        ultima = n == total - 1
        if cifra is not None and cifra.ativa:
            parte = cifra.cifrar(parte, _contexto(chave, n, ultima=ultima))
            claro = b"\x01"
        else:
            claro = b"\x00"
        cabeca = (len(parte) | (_ULTIMA if ultima else 0)).to_bytes(4, "big")
        saida.write(cabeca + claro + parte)


def _partes(entrada: BinaryIO, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
    ultima = False
    n = 0
    while not ultima:
        cabeca = entrada.read(5)
        if len(cabeca) != 5:
            raise ArquivoEstragado(chave)
        tamanho = int.from_bytes(cabeca[:4], "big")
        ultima, tamanho = bool(tamanho & _ULTIMA), tamanho & ~_ULTIMA
        if tamanho > _MAIOR_PARTE:
            raise ArquivoEstragado(chave)
        parte = entrada.read(tamanho)
        if len(parte) != tamanho:
            raise ArquivoEstragado(chave)
        if cabeca[4:] == b"\x01":
            if cifra is None:
                raise cifras.ChavesInvalidas("o documento está cifrado e não há arquivo de chaves")
            try:
                parte = cifra.decifrar(parte, _contexto(chave, n, ultima=ultima))
            except cifras.NaoDecifrado:
                raise ArquivoEstragado(chave) from None
        yield parte
        n += 1
    if entrada.read(1):
        raise ArquivoEstragado(chave)


def _contexto(chave: str, parte: int, *, ultima: bool) -> str:
    return f"documento {chave} {parte} {'fim' if ultima else 'segue'}"


def _gravar_pasta(pasta: Path) -> None:
    """Faz o nome novo sobreviver a uma queda do sistema."""
    descritor = os.open(pasta, os.O_RDONLY)
    try:
        os.fsync(descritor)
    finally:
        os.close(descritor)
