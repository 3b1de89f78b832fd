"""O ``tipoTransacao`` da resposta quando a transação tem mais de um: segue o que se pediu."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from lxml import etree

    from dominio.transacoes import Transacao

_Q = f"{{{NS_TISS}}}"


def tipo_da_resposta(transacao: Transacao, pedido: etree._Element | None) -> str:
    """Um de ``transacao.tipos_resposta``; o comum quando o pedido não se leu.

    Args:
        transacao: linha da tabela.
        pedido: a mensagem, que pode ser um ``mensagemTISS``.
    """
    comum = transacao.tipos_resposta[0]
    if not transacao.escolha_do_tipo or pedido is None:
        return comum
    escolha = pedido.findtext(_caminho(transacao.escolha_do_tipo))
    return dict(transacao.tipo_de_cada_escolha).get(escolha or "", comum)


@lru_cache
def _caminho(elementos: tuple[str, ...]) -> str:
    return f".//{'/'.join(_Q + nome for nome in elementos)}"
