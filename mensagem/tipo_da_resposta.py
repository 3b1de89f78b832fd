"""O ``tipoTransacao`` da resposta quando a transação tem mais de um: segue o que se pediu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from lxml import etree

    from dominio.transacoes import Transacao

_Q = f"{{{NS_TISS}}}"
_DE_PAGAMENTO = f".//{_Q}demonstrativoPagamento/{_Q}tipoDemonstrativo"
_ODONTOLOGIA = "3"


def tipo_da_resposta(transacao: Transacao, pedido: etree._Element | None) -> str:
    """Um de ``transacao.tipos_resposta``; o comum quando o pedido não se leu.

    Args:
        transacao: linha da tabela.
        pedido: a mensagem, que pode ser um ``mensagemTISS``.
    """
    if transacao.servico != "tissSolicitacaoDemonstrativoRetorno" or pedido is None:
        return transacao.tipos_resposta[0]
    analise, pagamento, odontologia = transacao.tipos_resposta
    pedido_de_pagamento = pedido.findtext(_DE_PAGAMENTO)
    if pedido_de_pagamento is None:
        return analise
    return odontologia if pedido_de_pagamento == _ODONTOLOGIA else pagamento
