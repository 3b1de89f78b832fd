"""Regras HTTP do corpo de um pedido: tipo de conteúdo, charset e compressão."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from dominio import erros
from mensagem.envelope import Soap
from mensagem.recusa import Recusa

_TIPO = re.compile(r"\s*([\w.+-]+/[\w.+-]+)\s*(?:;(.*))?", re.DOTALL)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})["']?""", re.IGNORECASE)
_TIPOS = {
    "text/xml": Soap.V11,
    "application/xml": Soap.V11,
    "application/soap+xml": Soap.V12,
}
_COMPRESSOES = frozenset({"gzip", "x-gzip"})
_MAIS_MEMBROS = 16
"""De um corpo em gzip: cada um copia o que vem depois dele."""


class Conteudo(NamedTuple):
    """O que o cabeçalho Content-Type diz.

    Attributes:
        soap: versão em que falar enquanto o envelope não foi lido.
        charset: codificação declarada, se houver.
    """

    soap: Soap
    charset: str | None


def conteudo(tipo: str) -> Conteudo:
    """Lê Content-Type.

    Raises:
        Recusa: tipo que não é de SOAP (multipart e MTOM incluídos).
    """
    achado = _TIPO.fullmatch(tipo)
    soap = _TIPOS.get(achado[1].lower()) if achado else None
    if achado is None or soap is None:
        raise Recusa(erros.TIPO_DE_CONTEUDO)
    charset = _CHARSET.search(achado[2] or "")
    return Conteudo(soap, charset[1] if charset else None)


def descomprimir(dados: bytes, codificacao: str, limite: int) -> bytes:
    """Desfaz Content-Encoding sem passar de ``limite`` bytes; um gzip pode ter vários membros.

    Raises:
        Recusa: compressão desconhecida, corrompida, truncada, com sobra, ou grande demais.
    """
    nome = codificacao.strip().lower()
    if nome in ("", "identity"):
        return dados
    if nome not in _COMPRESSOES:
        raise Recusa(erros.CODIFICACAO_CORPO)
    partes: list[bytes] = []
    livre, resto = limite + 1, dados
    while resto or not partes:
        inflador = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            partes.append(inflador.decompress(resto, livre))
        except zlib.error:
            raise Recusa(erros.GZIP_INVALIDO) from None
        livre -= len(partes[-1])
        if livre == 0:
            raise Recusa(erros.GRANDE_DEMAIS)
        if not inflador.eof or len(partes) > _MAIS_MEMBROS:
            raise Recusa(erros.GZIP_INVALIDO)
        resto = inflador.unused_data
    return b"".join(partes)
