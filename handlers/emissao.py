"""Responder com o que se numera e se guarda, sem prender o banco enquanto se escreve o XML.

Lê-se de uma fotografia; numera-se numa transação curta; e só o que se emitiu e o arquivo ficam,
juntos, na última. Um número tirado e não usado é um buraco na série, e nada mais.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from persistence.banco import Banco

T = TypeVar("T")

TENTATIVAS = 5
"""Vezes que se recomeça quando outro pedido emite o mesmo primeiro."""


@runtime_checkable
class ComEmissao(Protocol):
    """Um assunto que só consulta, mas guarda com número o que respondeu pela primeira vez."""

    def numerar(self, conn: Connection | None, contexto: Contexto, resposta: Any) -> Any:
        """A resposta com os números; sem transação quando ``por_numerar`` diz que não há o quê."""

    def por_numerar(self, resposta: Any) -> bool:
        """Se a resposta tem o que numerar."""

    def guardar(self, conn: Connection, contexto: Contexto, resposta: Any) -> bool:
        """Guarda o que se numerou; falso se outro pedido guardou primeiro."""


class _Perdida(Exception):
    """Outro pedido emitiu primeiro: a transação se desfaz e recomeça-se."""


def emitir(
    banco: Banco,
    assunto: ComEmissao,
    contexto: Contexto,
    *,
    consultar: Callable[[Connection], Any],
    montar: Callable[[Any], T],
    arquivar: Callable[[Connection, T], None] | None = None,
) -> T:
    """Consulta, numera, monta e guarda; o que se montou só vale depois do commit.

    Args:
        banco: onde se lê e se grava.
        assunto: quem numera e guarda.
        contexto: de quem pede.
        consultar: do banco à resposta por numerar.
        montar: da resposta numerada ao que se quer dela, como a mensagem.
        arquivar: guarda o que se montou, na transação do que se emitiu; ausente, não se guarda.

    Returns:
        O que ``montar`` deu.

    Raises:
        RuntimeError: outros pedidos emitiram primeiro, vezes demais.
    """
    for _ in range(TENTATIVAS):
        with banco.leitura() as conn:
            resposta = consultar(conn)
        if assunto.por_numerar(resposta):
            with banco.escrita() as conn:
                resposta = assunto.numerar(conn, contexto, resposta)
        else:
            resposta = assunto.numerar(None, contexto, resposta)
        montado = montar(resposta)
        try:
            with banco.escrita() as conn:
                if not assunto.guardar(conn, contexto, resposta):
                    raise _Perdida
                if arquivar is not None:
                    arquivar(conn, montado)
        except _Perdida:
            continue
        return montado
    raise RuntimeError("outros pedidos emitiram primeiro, vezes demais")
