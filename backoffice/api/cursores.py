"""Os cursores: de onde uma lista continua, num texto que quem o recebe só guarda e devolve."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING

from backoffice.api.problemas import Problema, de_campo
from persistence.alteracoes import MAIOR, Posicao
from persistence.consultas import guias, importacoes

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAIS_CARACTERES = 120


def ilegivel() -> Problema:
    """O cursor que não foi dado por esta lista."""
    return de_campo("cursor", "não é desta lista; recomece sem ele")


def de_posicao(posicao: Posicao) -> str:
    """Cursor da lista de protocolos."""
    return _fazer("p", *posicao)


def posicao(texto: str) -> Posicao:
    """Desfaz ``de_posicao``.

    Raises:
        Problema: não é um cursor dessa lista.
    """
    alteracao, protocolo = _inteiros("p", texto)
    return Posicao(alteracao, protocolo)


def de_guia(lugar: guias.Lugar) -> str:
    """Cursor das listas de guias."""
    return _fazer("g", *lugar)


def guia(texto: str) -> guias.Lugar:
    """Desfaz ``de_guia``.

    Raises:
        Problema: não é um cursor dessa lista.
    """
    lote, da_guia = _inteiros("g", texto)
    return guias.Lugar(lote, da_guia)


def de_importacao(lugar: importacoes.Lugar) -> str:
    """Cursor da lista de importações."""
    return _fazer("i", lugar.recebida_em.isoformat(), lugar.id)


def importacao(texto: str) -> importacoes.Lugar:
    """Desfaz ``de_importacao``.

    Raises:
        Problema: não é um cursor dessa lista.
    """
    em, chave = _partes("i", texto)
    try:
        instante = datetime.fromisoformat(em)
    except ValueError:
        raise ilegivel() from None
    if instante.tzinfo is None or not chave.isprintable():
        raise ilegivel()
    return importacoes.Lugar(instante, chave)


class DoUltimo:
    """O cursor de uma lista que continua da chave da última linha mostrada.

    Args:
        lista: a letra que a distingue das outras.
    """

    def __init__(self, lista: str) -> None:
        self._lista = lista

    def escrever(self, ultimo: int) -> str:
        """O texto que quem recebe a lista guarda."""
        return _fazer(self._lista, ultimo, 0)

    def ler(self, texto: str) -> int:
        """Desfaz ``escrever``.

        Raises:
            Problema: não é um cursor dessa lista.
        """
        ultimo, _ = _inteiros(self._lista, texto)
        return ultimo


EVENTO = DoUltimo("a")
"""Da auditoria."""

PAGAMENTO = DoUltimo("m")
"""Dos pagamentos."""

ENTREGA = DoUltimo("e")
"""Dos avisos de um webhook."""

PRESTADOR = DoUltimo("c")
"""Dos prestadores."""

RECURSO = DoUltimo("r")
"""Das listas de recursos e do que se pode recursar."""


def _fazer(lista: str, primeiro: object, segundo: object) -> str:
    texto = f"{lista}|{primeiro}|{segundo}"
    return base64.urlsafe_b64encode(texto.encode()).decode().rstrip("=")


def _partes(lista: str, texto: str) -> Sequence[str]:
    if len(texto) > _MAIS_CARACTERES or not texto.isascii():
        raise ilegivel()
    try:
        aberto = base64.b64decode(texto + "=" * (-len(texto) % 4), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ilegivel() from None
    partes = aberto.split("|")
    if len(partes) != 3 or partes[0] != lista:
        raise ilegivel()
    return partes[1:]


def _inteiros(lista: str, texto: str) -> tuple[int, int]:
    try:
        primeiro, segundo = (int(parte) for parte in _partes(lista, texto))
    except ValueError:
        raise ilegivel() from None
    if not -1 <= primeiro <= MAIOR or not 0 <= segundo <= MAIOR:
        raise ilegivel()
    return primeiro, segundo
