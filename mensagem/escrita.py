"""Os elementos de uma resposta como texto: o prefixo é sempre ``ans``, que a raiz declara.

Uma resposta escreve-se como texto e lê-se uma vez só, para o hash e o esquema: montar a árvore
elemento por elemento, para depois a serializar, custa cinco vezes mais.
"""

from __future__ import annotations

import re

from dominio.textos import para_mensagem
from dominio.transacoes import NS_TISS

DECLARACAO = f' xmlns:ans="{NS_TISS}"'
"""O que a raiz de uma resposta leva depois do nome."""

_ESPECIAL = re.compile("[&<>\r]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def escapado(valor: str) -> str:
    """Um valor como fica entre marcas; quem ler o XML tem o mesmo valor de volta."""
    if _ESPECIAL.search(valor) is None:
        return valor
    return _ESPECIAL.sub(lambda achado: _ESCAPES[achado[0]], valor)


def elemento(nome: str, *filhos: str | None, texto: str | None = None) -> str:
    """Elemento do espaço de nomes TISS; filhos ``None`` são omitidos."""
    if texto is not None:
        return f"<ans:{nome}>{escapado(texto)}</ans:{nome}>"
    dentro = "".join([filho for filho in filhos if filho is not None])
    return f"<ans:{nome}>{dentro}</ans:{nome}>" if dentro else f"<ans:{nome}/>"


def opcional(nome: str, texto: str | None) -> str | None:
    """Elemento com texto, ou nada quando o texto falta."""
    return None if texto is None else elemento(nome, texto=texto)


def motivo(codigo: str, descricao: str, nome: str = "mensagemErro") -> str:
    """``ct_motivoGlosa``: código e descrição de até 500 caracteres."""
    return elemento(
        nome,
        elemento("codigoGlosa", texto=codigo),
        elemento("descricaoGlosa", texto=para_mensagem(descricao, 500)),
    )
