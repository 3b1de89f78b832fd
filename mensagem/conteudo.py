"""Digest do conteúdo de um lote, para saber se um número repetido traz o mesmo lote.

Conta o par (nome expandido, texto) de cada elemento; não contam prefixos, espaços entre elementos
nem a assinatura de cada guia, que muda a cada vez que se assina.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from mensagem.parse import Limites, parse

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_LOTE = f"{_Q}loteGuias"
_ASSINATURA_DA_GUIA = f"{_Q}assinaturaDigitalGuia"


def digest_do_lote(lote: etree._Element) -> str:
    """SHA-256, em hexadecimal, do conteúdo de um ``loteGuias``."""
    resumo = hashlib.sha256()
    pilha = [lote]
    while pilha:
        elemento = pilha.pop()
        filhos = [filho for filho in elemento if filho.tag != _ASSINATURA_DA_GUIA]
        texto = "" if filhos else elemento.text or ""
        resumo.update(f"{elemento.tag!s}\x00{len(filhos)}\x00{texto}\x01".encode())
        pilha.extend(reversed(filhos))
    return resumo.hexdigest()


def digest_da_mensagem(dados: bytes, charset: str | None = None) -> str | None:
    """O mesmo, da mensagem inteira como foi recebida; ``None`` se não há lote nela.

    Args:
        dados: bytes recebidos.
        charset: codificação que veio só no cabeçalho HTTP.
    """
    lote = next(parse(dados, Limites(), charset).iter(_LOTE), None)
    return None if lote is None else digest_do_lote(lote)
