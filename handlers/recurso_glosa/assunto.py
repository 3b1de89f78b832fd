"""As três partes do assunto recurso de glosa: ler, executar, escrever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.recurso_glosa import escrita, leitura
from handlers.recurso_glosa.caso import receber

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.recurso_glosa.pedido import PedidoDeRecurso, Recibo


class RecursoGlosa:
    """``tissRecursoGlosa``: recebe ``loteRecurso`` e responde ``recebimentoRecurso``."""

    servico = "tissRecursoGlosa"

    def ler(self, corpo: etree._Element) -> PedidoDeRecurso:
        """Lê o recurso."""
        return leitura.ler(corpo)

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeRecurso) -> Recibo:
        """Recebe o recurso."""
        return receber(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Recibo) -> str:
        """``recebimentoRecurso`` com o número e o que se contestou."""
        return escrita.escrever(contexto, resposta)
