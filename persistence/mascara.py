"""Esconde a senha do prestador dos bytes de um pedido que se vão mostrar."""

from __future__ import annotations

import re


def _com_zeros(texto: bytes) -> bytes:
    # em UTF-16 e UTF-32 cada letra vem com bytes zero antes ou depois
    return rb"\x00*".join(re.escape(bytes([letra])) for letra in texto)


_PREFIXO = rb"\x00*+(?:[^<>/\s:]*+:\x00*+)?"
_NOME = _com_zeros(b"senhaPrestador") + rb"\x00*+"
# um valor de atributo pode ter > e />; se as aspas não fecham, a etiqueta acaba no primeiro >
_ATRIBUTOS = rb"(?:\s(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+>|>|/\x00*+>|\s[^<>]*+>)"
_ABRE = rb"<" + _PREFIXO + _NOME + _ATRIBUTOS
_FECHA = rb"<\x00*+/" + _PREFIXO + _NOME + rb"[\s\x00]*+>"
_SO_TEXTO = b"|".join(
    _com_zeros(comeco) + rb".*?(?:" + _com_zeros(fim) + rb"|\Z)"
    for comeco, fim in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))
)
_ABERTURA = re.compile(_ABRE)
_DENTRO = re.compile(
    rb"(?P<texto>" + _SO_TEXTO + rb")|(?P<fecha>" + _FECHA + rb")|(?P<abre>" + _ABRE + rb")",
    re.DOTALL,
)


def mascarar(pedido: bytes) -> bytes:
    """Troca o conteúdo de cada ``senhaPrestador`` por ``***``.

    Não lê o XML, que pode estar truncado ou malformado: na dúvida esconde a mais, e sem fechamento
    esconde até o fim.
    """
    partes: list[bytes] = []
    mostrado = 0
    abertura = _ABERTURA.search(pedido)
    while abertura is not None:
        partes.append(pedido[mostrado : abertura.end()])
        mostrado = abertura.end()
        if not _vazia(abertura.group()):
            partes.append(b"***")
            mostrado = _fim(pedido, mostrado)
        abertura = _ABERTURA.search(pedido, mostrado)
    return b"".join([*partes, pedido[mostrado:]])


def _fim(pedido: bytes, comeco: int) -> int:
    """Onde começa o fechamento do elemento cujo conteúdo começa num lugar."""
    abertas = 1
    for achado in _DENTRO.finditer(pedido, comeco):
        if achado.lastgroup == "fecha":
            abertas -= 1
        elif achado.lastgroup == "abre" and not _vazia(achado.group()):
            abertas += 1
        if not abertas:
            return achado.start()
    return len(pedido)


def _vazia(etiqueta: bytes) -> bool:
    return etiqueta.replace(b"\x00", b"").endswith(b"/>")
