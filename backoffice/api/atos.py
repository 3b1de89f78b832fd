"""O que os endereços que mudam o cadastro têm em comum: a auditoria do ato e as chaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.base import PORTA
from backoffice.api.formas import Forma
from backoffice.api.problemas import nao_ha
from persistence import auditoria

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem

_ALGARISMOS = 18


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


def chave(texto: str, coisa: str) -> int:
    """A chave que um endereço traz.

    Raises:
        Problema: 404, se não é um número.
    """
    if not texto.isascii() or not texto.isdigit() or len(texto) > _ALGARISMOS:
        raise nao_ha(coisa)
    return int(texto)
