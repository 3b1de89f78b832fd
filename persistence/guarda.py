"""Os bytes de uma mensagem como ficam numa coluna: comprimidos e, sobre isso, cifrados."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from persistence import chaves
from persistence.banco import cifra_de
from persistence.cifra import ChavesInvalidas, NaoDecifrado, cifrado

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.cifra import Cifra

_NIVEL_ZLIB = 1
"""O mais rápido: XML já encolhe mais de vinte vezes com ele."""


def cifra_exigida(conn: Connection) -> Cifra:
    """A cifra com que o banco foi aberto.

    Raises:
        ChavesInvalidas: foi aberto sem nenhuma.
    """
    cifra = cifra_de(conn)
    if cifra is None:
        raise ChavesInvalidas("há mensagens cifradas, e o banco foi aberto sem chaves")
    return cifra


def abrir(conn: Connection, mensagem_id: str, coluna: str, guardado: bytes | None) -> bytes | None:
    """Decifra e descomprime o que uma coluna de bytes guarda.

    Args:
        conn: de um banco aberto com a cifra que os guardou.
        mensagem_id: da linha.
        coluna: ``pedido`` ou ``resposta``.
        guardado: o conteúdo da coluna.

    Raises:
        ChavesInvalidas: falta a chave que os cifrou.
        NaoDecifrado: foram alterados, ou são de outra linha ou coluna.
    """
    if guardado is None:
        return None
    if cifrado(guardado):
        guardado = cifra_exigida(conn).decifrar(guardado, _contexto(mensagem_id, coluna))
    try:
        return zlib.decompress(guardado)
    except zlib.error:
        raise NaoDecifrado("os bytes guardados não se descomprimem") from None


def recifrar(conn: Connection, mensagem_id: str, coluna: str, guardado: bytes) -> bytes:
    """Os mesmos bytes, sem os descomprimir, cifrados com a chave em uso.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: foram alterados, ou são de outra linha ou coluna.
    """
    cifra = cifra_exigida(conn)
    contexto = _contexto(mensagem_id, coluna)
    comprimido = cifra.decifrar(guardado, contexto) if cifrado(guardado) else guardado
    return cifra.cifrar(comprimido, contexto)


def guardar(conn: Connection, mensagem_id: str, coluna: str, bruto: bytes | None) -> bytes | None:
    """Comprime e, se o banco foi aberto com cifra, cifra.

    Raises:
        ChavesInvalidas: as chaves não servem, ou não são as deste banco.
    """
    if bruto is None:
        return None
    cifra = cifra_de(conn)
    if cifra is not None and cifra.ativa:
        chaves.registrar(conn, cifra)
    return preparar(cifra, mensagem_id, coluna, bruto)


def preparar(cifra: Cifra | None, mensagem_id: str, coluna: str, bruto: bytes) -> bytes:
    """O mesmo, sem o banco: serve antes da transação, que assim não espera pelo processador.

    Quem o grava depois confere que as chaves são as do banco.

    Raises:
        ChavesInvalidas: as chaves não servem.
    """
    comprimido = zlib.compress(bruto, _NIVEL_ZLIB)
    if cifra is None or not cifra.ativa:
        return comprimido
    return cifra.cifrar(comprimido, _contexto(mensagem_id, coluna))


def _contexto(mensagem_id: str, coluna: str) -> str:
    return f"mensagem/{mensagem_id}/{coluna}"
