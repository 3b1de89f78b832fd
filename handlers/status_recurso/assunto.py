"""As três partes do assunto situação do recurso: ler, executar, escrever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import pergunta
from handlers.status_recurso import escrita
from handlers.status_recurso.caso import Situacao, consultar

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.pergunta import PedidoDeStatus


class StatusRecurso:
    """``tissSolicitacaoStatusRecursoGlosa``: responde ``situacaoProtocoloRecurso``."""

    servico = "tissSolicitacaoStatusRecursoGlosa"

    def ler(self, corpo: etree._Element) -> PedidoDeStatus:
        """Lê de que recurso se pergunta."""
        return pergunta.ler(corpo)

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
        """Consulta o recurso."""
        return consultar(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Situacao) -> str:
        """``situacaoProtocoloRecurso`` com a situação ou as respostas."""
        return escrita.escrever(contexto, resposta)
