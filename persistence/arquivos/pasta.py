"""Arquivos numa pasta: escritos ao lado e postos no lugar inteiros."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from persistence.arquivos import forma
from persistence.arquivos.deposito import ArquivoAusente, ArquivoEstragado

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from persistence.cifra import Cifra

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
        """Guarda um conteúdo inteiro ou nada; o que já está guardado e intacto fica como está.

        Raises:
            OSError: não se pôde guardar.
            persistence.cifra.ChavesInvalidas: o arquivo de chaves não serve, ou falta a que cifrou
                o que já está guardado.
        """
        lugar = self._raiz / chave
        with suppress(FileNotFoundError):
            # quem varre as sobras poupa o que acaba de ser usado
            os.utime(lugar)
        if self._intacto(chave, cifra):
            return
        lugar.parent.mkdir(parents=True, exist_ok=True, mode=_SO_O_DONO_PASTA)
        _por_no_lugar(lugar, chave, forma.cortado(conteudo), cifra)

    def abrir(self, chave: str, cifra: Cifra | None) -> Iterator[bytes]:
        """O conteúdo em partes de até 1 MiB, à medida que se lê.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou, ou está às claras onde se cifra.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """
        with self._aberto(chave) as entrada:
            claras = cifra is None or not cifra.ativa
            yield from forma.partes(entrada, chave, cifra, claras=claras)

    def _intacto(self, chave: str, cifra: Cifra | None) -> bool:
        try:
            for _ in self.abrir(chave, cifra):
                pass
        except (ArquivoAusente, ArquivoEstragado):
            return False
        return True

    @contextmanager
    def _aberto(self, chave: str) -> Iterator[BinaryIO]:
        try:
            entrada = (self._raiz / chave).open("rb")
        except FileNotFoundError:
            raise ArquivoAusente(chave) from None
        with entrada:
            yield entrada

    def recifrar(self, chave: str, cifra: Cifra) -> bool:
        """Passa um arquivo para a chave em uso, salvo se já está nela; serve com o gateway no ar.

        O novo é escrito ao lado e posto no lugar inteiro: interrompido, fica o velho.

        Returns:
            Se mudou.

        Raises:
            ArquivoAusente: não há tal arquivo.
            ArquivoEstragado: o que há não é o que se guardou; fica como está.
            OSError: não se pôde escrever.
            persistence.cifra.ChavesInvalidas: falta a chave que o cifrou.
        """
        lugar = self._raiz / chave
        with self._aberto(chave) as entrada:
            if forma.usa_so(entrada, chave, cifra.em_uso()):
                return False
            tocado = os.fstat(entrada.fileno()).st_mtime_ns
            entrada.seek(0)
            _por_no_lugar(lugar, chave, forma.partes(entrada, chave, cifra, claras=True), cifra)
        with suppress(FileNotFoundError):
            # quem varre as sobras conta o tempo desde que alguém o usou
            os.utime(lugar, ns=(tocado, tocado))
        return True

    def existe(self, chave: str) -> bool:
        """Se há arquivo com a chave."""
        return (self._raiz / chave).is_file()

    def todas(self) -> Iterator[str]:
        """As chaves de tudo o que se guardou inteiro."""
        for arquivo in self._raiz.glob("*/*/*"):
            if not arquivo.name.endswith(_PROVISORIO):
                yield arquivo.relative_to(self._raiz).as_posix()

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


def _por_no_lugar(lugar: Path, chave: str, partes: Iterator[bytes], cifra: Cifra | None) -> None:
    """Escreve um arquivo ao lado do seu lugar e põe-no nele só quando está inteiro no disco."""
    provisorio = lugar.with_name(f"{lugar.name}.{os.urandom(6).hex()}{_PROVISORIO}")
    descritor = os.open(provisorio, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SO_O_DONO)
    try:
        with os.fdopen(descritor, "wb") as saida:
            forma.escrever(saida, chave, partes, cifra)
            saida.flush()
            os.fsync(saida.fileno())
        provisorio.replace(lugar)
    except BaseException:
        provisorio.unlink(missing_ok=True)
        raise
    _gravar_pasta(lugar.parent)


def _gravar_pasta(pasta: Path) -> None:
    """Faz o nome novo sobreviver a uma queda do sistema."""
    descritor = os.open(pasta, os.O_RDONLY)
    try:
        os.fsync(descritor)
    finally:
        os.close(descritor)
