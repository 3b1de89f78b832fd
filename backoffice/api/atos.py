"""O que os endereços que mudam o cadastro têm em comum: a auditoria do ato."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.base import PORTA
from backoffice.api.formas import Forma
from persistence import auditoria

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem


class Feito(Forma):
    """O pedido foi feito, e nada há que mostrar."""

    feito: bool = True


def registrar(
    conn: Connection, quem: Quem, acao: str, alvo: tuple[str, str], **detalhes: Any
) -> None:
    """Registra um ato de quem administra, na transação que o faz.

    Args:
        conn: a transação da mudança.
        quem: quem pede.
        acao: verbo.
        alvo: tipo e identificação do que mudou.
        detalhes: o que mudou, sem senhas nem dados de pacientes.
    """
    tipo, qual = alvo
    auditoria.registrar(
        conn,
        operadora_id=quem.operadora.id,
        quem=quem.nome,
        porta=PORTA,
        acao=acao,
        alvo_tipo=tipo,
        alvo=qual,
        detalhes={"endereco": quem.endereco, **detalhes},
    )
