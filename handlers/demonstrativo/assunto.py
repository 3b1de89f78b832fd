"""As partes do assunto demonstrativo: ler, consultar, numerar, escrever, guardar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.demonstrativo import caso, emissao, leitura

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.demonstrativo.pedido import Pedido, Resposta

_CORPO = "demonstrativoRetorno"


class Demonstrativos:
    """``tissSolicitacaoDemonstrativoRetorno``: responde ``demonstrativoRetorno``."""

    servico = "tissSolicitacaoDemonstrativoRetorno"

    def ler(self, corpo: etree._Element) -> Pedido:
        """Lê o que se pede."""
        return leitura.ler(corpo)

    def executar(self, conn: Connection, contexto: Contexto, pedido: Pedido) -> Resposta:
        """Acha os demonstrativos, por numerar."""
        alcance = caso.do_contexto(conn, contexto, pedido.prestador)
        return caso.consultar(conn, alcance, pedido)

    def por_numerar(self, resposta: Resposta) -> bool:
        """Se algum mudou desde que se emitiu."""
        return emissao.mudou(resposta)

    def numerar(self, conn: Connection | None, contexto: Contexto, resposta: Resposta) -> Resposta:
        """Dá número ao que mudou."""
        return emissao.numerar(conn, contexto.operadora, resposta, contexto.agora)

    def guardar(self, conn: Connection, contexto: Contexto, resposta: Resposta) -> bool:
        """Guarda o que se emitiu agora."""
        return emissao.gravar(conn, contexto.operadora, resposta, contexto.versao)

    def escrever(self, contexto: Contexto, resposta: Resposta) -> Iterator[str]:
        """``demonstrativoRetorno`` com os demonstrativos ou a situação."""
        yield f"<ans:{_CORPO}>"
        for n, peca in enumerate(resposta.pecas):
            ausentes = resposta.ausentes if n == 0 else ""
            yield emissao.preenchida(
                contexto.operadora, peca, contexto.versao, resposta.prestador, ausentes
            )
        yield f"</ans:{_CORPO}>"
