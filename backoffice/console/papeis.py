"""Quem pode abrir o quê: os papéis de quem entra e a declaração que toda página traz."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from persistence.tokens import Escopo


class Papel(StrEnum):
    """O que alguém pode fazer no console; nenhum contém outro."""

    LEITURA = "leitura"
    CONTEUDO = "conteudo"
    ANALISE = "analise"
    PAGAMENTO = "pagamento"
    ADMIN = "admin"
    PRESTADOR = "prestador"


class Porta(Enum):
    """Páginas que não são de um papel."""

    PUBLICA = "pública"
    PESSOA = "qualquer pessoa que tenha entrado"


LEITURA = frozenset({Papel.LEITURA})
"""Ver lotes, protocolos, guias, situações e valores."""
CONTEUDO = frozenset({Papel.CONTEUDO})
"""Ver mensagens e documentos inteiros."""
ANALISE = frozenset({Papel.ANALISE})
"""Analisar contas, decidir recursos, mudar situações."""
PAGAMENTO = frozenset({Papel.PAGAMENTO})
"""Liberar, pagar, estornar, aceitar notas fiscais."""
ADMIN = frozenset({Papel.ADMIN})
"""Cadastro, pessoas, regras, certificados, webhooks, auditoria."""
DA_OPERADORA = frozenset(Papel) - {Papel.PRESTADOR}
"""Quem trabalha na operadora, faça o que fizer."""
PRESTADOR = frozenset({Papel.PRESTADOR})
"""Quem fala por um prestador."""


def do_escopo(escopo: Escopo) -> Papel:
    """O papel que um escopo dá."""
    return Papel(escopo.value)
