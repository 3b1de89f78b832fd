"""A troca de recados entre a operadora e o prestador sobre um lote ou uma guia."""

from handlers.recados.caso import (
    MAIOR_TEXTO,
    MAIS_ANEXOS,
    Anexo,
    PedidoDeRecado,
    escrever,
    marcar_lidos,
)
from handlers.recados.conversa import Conversa, ler

__all__ = [
    "MAIOR_TEXTO",
    "MAIS_ANEXOS",
    "Anexo",
    "Conversa",
    "PedidoDeRecado",
    "escrever",
    "ler",
    "marcar_lidos",
]
