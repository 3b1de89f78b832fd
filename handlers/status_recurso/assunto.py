"""As três partes do assunto situação do recurso: ler, executar, escrever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS
from handlers.status_recurso import escrita
from handlers.status_recurso.caso import PedidoDeStatus, Situacao, consultar

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto

_Q = f"{{{NS_TISS}}}"
_FORMAS = {
    f"{_Q}codigoPrestadorNaOperadora": "codigo",
    f"{_Q}cnpjContratado": "cnpj",
    f"{_Q}cpfContratado": "cpf",
}


class StatusRecurso:
    """``tissSolicitacaoStatusRecursoGlosa``: responde ``situacaoProtocoloRecurso``."""

    servico = "tissSolicitacaoStatusRecursoGlosa"

    def ler(self, corpo: etree._Element) -> PedidoDeStatus:
        """Lê de que recurso se pergunta."""
        prestador = corpo[0][0]
        return PedidoDeStatus(
            Identificacao(_FORMAS[str(prestador.tag)], prestador.text or ""),
            corpo.findtext(f"{_Q}numeroProtocolo") or "",
        )

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
        """Consulta o recurso."""
        return consultar(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Situacao) -> str:
        """``situacaoProtocoloRecurso`` com a situação ou as respostas."""
        return escrita.escrever(contexto, resposta)
